package io.tidemark.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.store.Content;
import io.tidemark.store.MemoryStore;
import io.tidemark.store.ObjectInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterRepositoryTest {
  private static final RepositoryOptions PLAIN = TestWal.options(Compression.Algorithm.ZSTD);
  private final MemoryStore store = new MemoryStore();

  @Test
  void opensWhatItCreated() {
    ClusterRepository.create(store, "main", TestWal.identity(false), PLAIN).close();
    ClusterRepository.create(store, "main", TestWal.identity(false), PLAIN).close();

    try (ClusterRepository opened = ClusterRepository.open(store, "main", PLAIN)) {
      assertThat(opened.identity()).isEqualTo(TestWal.identity(false));
      assertThat(opened.cluster()).isEqualTo("main");
      assertThat(opened.describe()).isEqualTo("main in memory:");
      opened.requireSystemId(TestWal.SYSTEM);
      assertCode(
              ErrorCode.WRONG_CLUSTER,
              () -> opened.requireSystemId(SystemId.parse("7000000000000")))
          .hasMessageContaining(TestWal.SYSTEM.toString())
          .hasMessageContaining("7000000000000");
    }
    assertThat(store.list("").map(ObjectInfo::key)).containsExactly("main/cluster.json");
  }

  @Test
  void writesTheIdentityAsTheFormatSays() {
    ClusterRepository.create(store, "main", TestWal.identity(false), PLAIN).close();

    assertThat(
            new String(StoreReads.small(store, "main/cluster.json", 999), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"format\":1,\"systemId\":\"7422446688224466882\",\"postgresMajor\":15,"
                + "\"walSegmentSize\":1048576,\"encrypted\":false,"
                + "\"at\":\"2026-11-20T15:02:12.123456Z\",\"writer\":\"here/42/0.1.0\"}");
  }

  @Test
  void namesTheClustersThatAreThere() {
    assertCode(ErrorCode.REPOSITORY_MISSING, () -> ClusterRepository.open(store, "main", PLAIN))
        .hasMessageContaining("nor any other");
    ClusterRepository.create(store, "orders", TestWal.identity(false), PLAIN).close();
    ClusterRepository.create(store, "billing", TestWal.identity(false), PLAIN).close();
    store.putIfAbsent("Backups_of_last_year/x", Content.of(new byte[1]));

    assertThat(ClusterRepository.listClusters(store)).containsExactly("billing", "orders");
    assertCode(ErrorCode.REPOSITORY_MISSING, () -> ClusterRepository.open(store, "main", PLAIN))
        .hasMessageContaining("no cluster 'main'")
        .hasMessageContaining("billing, orders");
  }

  @Test
  void refusesAnotherClusterUnderTheSameName() {
    ClusterRepository.create(store, "main", TestWal.identity(false), PLAIN).close();
    ClusterIdentity same = TestWal.identity(false);

    for (ClusterIdentity other :
        List.of(
            new ClusterIdentity(
                SystemId.parse("1"), 15, same.walSegmentSize(), false, same.createdAt()),
            new ClusterIdentity(
                same.systemId(), 16, same.walSegmentSize(), false, same.createdAt()),
            new ClusterIdentity(
                same.systemId(), 15, WalSegmentSize.DEFAULT, false, same.createdAt()))) {
      assertCode(
          ErrorCode.WRONG_CLUSTER, () -> ClusterRepository.create(store, "main", other, PLAIN));
    }
    assertThat(store.list("")).hasSize(1);
  }

  @Test
  void refusesAnEncryptedOneWithoutAKeyFileAndTheOtherWayRound(@TempDir Path directory) {
    Path keyFile = directory.resolve("keys.json");
    Keyring.generateKeyFile(keyFile);
    RepositoryOptions withKey =
        TestWal.options(Compression.Algorithm.ZSTD, Optional.of(keyFile), "here");
    ClusterRepository.create(store, "plain", TestWal.identity(false), PLAIN).close();
    ClusterRepository.create(store, "secret", TestWal.identity(true), withKey).close();

    ClusterRepository.open(store, "secret", withKey).close();
    assertCode(ErrorCode.SECRET_UNUSABLE, () -> ClusterRepository.open(store, "secret", PLAIN))
        .hasMessageContaining("is encrypted, and no key file");
    assertCode(ErrorCode.SECRET_UNUSABLE, () -> ClusterRepository.open(store, "plain", withKey))
        .hasMessageContaining("is not encrypted, and a key file");
    assertCode(
        ErrorCode.SECRET_UNUSABLE,
        () -> ClusterRepository.create(store, "third", TestWal.identity(true), PLAIN));
    assertThat(ClusterRepository.listClusters(store)).containsExactly("plain", "secret");
  }

  @Test
  void refusesANewerFormat() {
    store.putIfAbsent(
        "main/cluster.json",
        Content.of("{\"format\":2,\"new\":true}".getBytes(StandardCharsets.UTF_8)));

    assertCode(ErrorCode.FORMAT_NEWER, () -> ClusterRepository.open(store, "main", PLAIN))
        .hasMessageContaining("main/cluster.json in memory: has format 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{}",
        "{\"format\":1}",
        "{\"format\":0}",
        "{\"format\":1,\"systemId\":\"x\",\"postgresMajor\":15,\"walSegmentSize\":1048576,"
            + "\"encrypted\":false,\"at\":\"2026-11-20T15:02:12Z\"}",
        "{\"format\":1,\"systemId\":\"1\",\"postgresMajor\":15,\"walSegmentSize\":1000,"
            + "\"encrypted\":false,\"at\":\"2026-11-20T15:02:12Z\"}"
      })
  void saysThatTheIdentityIsDamaged(String content) {
    store.putIfAbsent("main/cluster.json", Content.of(content.getBytes(StandardCharsets.UTF_8)));

    assertCode(ErrorCode.OBJECT_DAMAGED, () -> ClusterRepository.open(store, "main", PLAIN))
        .hasMessageContaining("main/cluster.json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Main", "a/b", "..", "a.b", "01234567890123456789012345678901234567890"})
  void refusesANameThatCannotBeAKey(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClusterRepository.open(store, name, PLAIN));
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> assertCode(
      ErrorCode code, ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(TidemarkException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
