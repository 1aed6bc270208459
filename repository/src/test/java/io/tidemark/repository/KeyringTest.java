package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.store.Content;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.ObjectInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyringTest {
  private static final Writer WRITER = new Writer("host", 1, "test");
  private final Keys keys = new Keys("c");
  private final MemoryStore store = new MemoryStore();
  @TempDir Path dir;
  private Path keyFile = Path.of("unset");

  @BeforeEach
  void makeAKeyFile() {
    keyFile = dir.resolve("key.json");
    Keyring.generateKeyFile(keyFile);
  }

  private Keyring open(Path file) {
    return Keyring.open(store, keys, file, WRITER);
  }

  private List<String> stored() {
    try (Stream<ObjectInfo> all = store.list("")) {
      return all.map(ObjectInfo::key).toList();
    }
  }

  private void copy(String from, String to) throws IOException {
    byte[] bytes = store.get(from).readAllBytes();
    store.delete(to);
    store.putIfAbsent(to, Content.of(bytes));
  }

  private static void refused(ThrowingCallable call, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SECRET_UNUSABLE))
        .hasMessageContainingAll(words);
  }

  @Test
  void findsTheSameKeyAgain() {
    DataKey made = Keyring.create(store, keys, keyFile, WRITER).current();
    DataKey found = open(keyFile).current();
    assertThat(found.id()).isEqualTo(made.id());
    assertThat(found.bytes()).isEqualTo(made.bytes());
    assertThat(Keyring.create(store, keys, keyFile, WRITER).current().id()).isEqualTo(made.id());
    assertThat(stored()).containsExactly("c/keys/" + made.id() + "-1.json");
  }

  @Test
  void writesAKeyFileForTheOwnerOnlyAndNeverOverOne() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keyFile)))
        .isEqualTo("rw-------");
    refused(() -> Keyring.generateKeyFile(keyFile), "exists already");
  }

  @Test
  void storesNoKeyInTheClear() throws IOException {
    DataKey key = Keyring.create(store, keys, keyFile, WRITER).current();
    byte[] object = store.get(stored().getFirst()).readAllBytes();
    String base64 = java.util.Base64.getEncoder().encodeToString(key.bytes());
    assertThat(new String(object, StandardCharsets.UTF_8)).doesNotContain(base64);
  }

  @Test
  void refusesAKeyFileThatOthersCanRead() throws IOException {
    Files.setPosixFilePermissions(keyFile, PosixFilePermissions.fromString("rw-r--r--"));
    refused(() -> Keyring.create(store, keys, keyFile, WRITER), keyFile.toString());
    assertThat(stored()).isEmpty();
  }

  @Test
  void refusesAMissingAnEmptyAndAnUnreadableKeyFile() throws IOException {
    refused(() -> open(dir.resolve("none")), "does not exist");
    Files.writeString(keyFile, "");
    refused(() -> open(keyFile), "empty");
    Files.writeString(keyFile, "secret words");
    refused(() -> open(keyFile), "not a Tink keyset");
    assertThatThrownBy(() -> open(keyFile)).hasMessageNotContaining("secret words");
  }

  @Test
  void refusesAnotherRepositorysKeyFile() {
    Keyring.create(store, keys, keyFile, WRITER);
    Path other = dir.resolve("other.json");
    Keyring.generateKeyFile(other);
    refused(() -> open(other), "does not open data key", other.toString());
  }

  @Test
  void encryptsWithTheNewestDataKeyAndStillKnowsTheOlder() {
    Keyring keyring = Keyring.create(store, keys, keyFile, WRITER);
    Keyring elsewhere = open(keyFile);
    DataKey first = keyring.current();
    for (int i = 0; i < 20; i++) {
      String made = keyring.rotateDataKey();
      assertThat(keyring.current().id()).isEqualTo(made).isGreaterThan(first.id());
    }
    assertThat(keyring.byId(first.id()).bytes()).isEqualTo(first.bytes());
    String newest = keyring.current().id();
    assertThat(elsewhere.byId(newest).bytes()).isEqualTo(keyring.current().bytes());
    refused(() -> elsewhere.byId("00000000000000FF"), "00000000000000FF");
  }

  @Test
  void rotatesTheOperatorsKeyWithoutTouchingData() throws IOException {
    Keyring keyring = Keyring.create(store, keys, keyFile, WRITER);
    DataKey key = keyring.current();
    Path both = dir.resolve("both.json");
    Keyring.rotateKeyFile(keyFile, both);
    Keyring rotated = open(both);
    assertThat(rotated.rewrap()).isEqualTo(1);
    assertThat(rotated.rewrap()).isZero();
    assertThat(rotated.current().bytes()).isEqualTo(key.bytes());
    assertThat(stored())
        .containsExactly("c/keys/" + key.id() + "-1.json", "c/keys/" + key.id() + "-2.json");
    // A host that still has the old file only goes on by the older wrapping.
    assertThat(open(keyFile).current().bytes()).isEqualTo(key.bytes());
    store.delete("c/keys/" + key.id() + "-1.json");
    assertThat(open(both).current().bytes()).isEqualTo(key.bytes());
    refused(() -> open(keyFile), "does not open");
  }

  @Test
  void refusesAWrappedKeyUnderAnotherKeysName() throws IOException {
    Keyring keyring = Keyring.create(store, keys, keyFile, WRITER);
    String first = keyring.current().id();
    String second = keyring.rotateDataKey();
    copy("c/keys/" + first + "-1.json", "c/keys/" + second + "-1.json");
    refused(() -> open(keyFile), second);
    byte[] forged =
        new String(store.get("c/keys/" + first + "-1.json").readAllBytes(), StandardCharsets.UTF_8)
            .replace(first, second)
            .getBytes(StandardCharsets.UTF_8);
    store.delete("c/keys/" + second + "-1.json");
    store.putIfAbsent("c/keys/" + second + "-1.json", Content.of(forged));
    refused(() -> open(keyFile), second);
  }

  @Test
  void saysThatAnEncryptedRepositoryWithoutDataKeysIsLost() {
    assertThatThrownBy(() -> open(keyFile))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OBJECT_MISSING));
  }

  @Test
  void neverPrintsASecret() {
    Keyring keyring = Keyring.create(store, keys, keyFile, WRITER);
    assertThat(keyring).hasToString("keyring of c/keys/");
  }
}
