package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PosixStoreTest extends ObjectStoreConformance {
  @TempDir private Path directory = Path.of("/nonexistent");

  @Override
  protected ObjectStore openEmpty() {
    return PosixStore.create(PosixSettings.of(root()));
  }

  private Path root() {
    return directory.resolve("store");
  }

  private Path own() {
    return root().resolve(PosixStore.OWN);
  }

  private PosixStore reopened() {
    return PosixStore.open(PosixSettings.of(root()));
  }

  @Test
  void isUnavailableNotEmptyWhereTheRootIsGone() throws IOException {
    put("a/b", "x");
    Files.move(root(), directory.resolve("moved"));

    assertNothingIsKnown();
    assertThat(root()).doesNotExist();
  }

  @Test
  void isUnavailableNotEmptyWhereTheFileSystemIsNotMounted() throws IOException {
    put("a/b", "x");
    Files.move(root(), directory.resolve("moved"));
    Files.createDirectory(root());

    assertNothingIsKnown();
    try (Stream<Path> left = Files.list(root())) {
      assertThat(left).isEmpty();
    }
  }

  private void assertNothingIsKnown() {
    ObjectStore gone = reopened();
    assertKind(Kind.UNAVAILABLE, () -> gone.get("a/b"));
    assertKind(Kind.UNAVAILABLE, () -> gone.head("a/b"));
    assertKind(Kind.UNAVAILABLE, () -> gone.list(""));
    assertKind(Kind.UNAVAILABLE, () -> gone.list("a/"));
    assertKind(Kind.UNAVAILABLE, () -> gone.children(""));
    assertKind(Kind.UNAVAILABLE, () -> gone.putIfAbsent("a/c", Content.of(new byte[1])));
    assertKind(Kind.UNAVAILABLE, gone::probe);
    assertThatThrownBy(() -> gone.delete("a/b")).isInstanceOf(StoreException.class);
  }

  @Test
  void isNotCreatedWhereTheDirectoryAboveIsMissing() {
    PosixSettings settings = PosixSettings.of(directory.resolve("not-mounted/store"));

    assertThatThrownBy(() -> PosixStore.create(settings))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.REFUSED);
              assertThat(e.hint()).contains("Mount");
            });
  }

  @Test
  void canBeCreatedTwice() {
    put("kept", "x");

    PosixStore again = PosixStore.create(PosixSettings.of(root()));

    assertThat(again.head("kept")).isPresent();
  }

  @Test
  void keepsModesThatHideObjectsFromOthers() throws IOException {
    put("a/b", "x");

    assertThat(mode(root().resolve("a/b"))).matches("rw-[r-]-----");
    assertThat(mode(root().resolve("a"))).matches("rwx[r-]-[x-]---");
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void removesTheDirectoriesThatADeleteEmptied() {
    put("a/b/c/d", "x");
    put("a/e", "x");

    store().delete("a/b/c/d");

    assertThat(root().resolve("a/b")).doesNotExist();
    assertThat(root().resolve("a/e")).exists();
    store().delete("a/e");
    assertThat(root()).exists();
    assertThat(own()).exists();
  }

  @Test
  void leavesNothingBesideTheObject() throws IOException {
    put("a", "x");
    put("a", "y");

    try (Stream<Path> left = Files.list(own())) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void neitherListsNorKeepsOldLeftoversOfACrash() throws IOException {
    Path old = Files.writeString(own().resolve("old"), "half");
    Path young = Files.writeString(own().resolve("young"), "half");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(25))));

    assertThat(keys("")).isEmpty();
    assertThat(store().children("")).isEmpty();
    put("a", "x");

    assertThat(old).doesNotExist();
    assertThat(young).exists();
  }

  @Test
  void passesOverFilesThatCannotBeObjects() throws IOException {
    put("a", "x");
    Files.writeString(root().resolve("not a key"), "x");
    Files.writeString(root().resolve("backup~"), "x");
    Files.createSymbolicLink(root().resolve("dangling"), Path.of("nowhere"));

    assertThat(keys("")).containsExactly("a");
    assertThat(store().children("")).containsExactly("a");
  }

  @Test
  void refusesAKeyBelowAnotherKey() {
    put("a", "x");
    put("b/c", "x");

    assertKind(Kind.REFUSED, () -> put("a/b", "y"));
    assertKind(Kind.REFUSED, () -> put("a/b/c", "y"));
    assertKind(Kind.REFUSED, () -> put("b", "y"));
  }

  @Test
  void takesAnUnreadableAnswerForUnavailable() {
    PosixFailures failures = new PosixFailures(root());

    assertThat(kind(failures, 0, "Input/output error")).isEqualTo(Kind.UNAVAILABLE);
    assertThat(kind(failures, 0, "Stale file handle")).isEqualTo(Kind.UNAVAILABLE);
    assertThat(kind(failures, 1, "Input/output error")).isEqualTo(Kind.UNAVAILABLE);
    assertThat(kind(failures, 1, "No space left on device")).isEqualTo(Kind.NO_SPACE);
    assertThat(kind(failures, 1, "Disk quota exceeded")).isEqualTo(Kind.NO_SPACE);
    assertThat(kind(failures, 1, "Read-only file system")).isEqualTo(Kind.DENIED);
    assertThat(kind(failures, 0, "Operation not permitted")).isEqualTo(Kind.DENIED);
  }

  @Test
  void seesAFullDiskAlsoInAnotherLanguage() {
    PosixFailures failures = new PosixFailures(root());

    assertThat(kind(failures, Long.MAX_VALUE, "Kein Platz")).isEqualTo(Kind.NO_SPACE);
  }

  private static Kind kind(PosixFailures failures, long bytes, String reason) {
    return failures.explain("test", bytes, new FileSystemException("f", null, reason)).kind();
  }

  @Test
  void knowsHowAFileSystemWithoutHardLinksAnswers() {
    assertThat(PosixWriter.meansNoHardLinks(refused("Operation not permitted"))).isTrue();
    assertThat(PosixWriter.meansNoHardLinks(refused("Operation not supported"))).isTrue();
    assertThat(PosixWriter.meansNoHardLinks(refused("Function not implemented"))).isTrue();
    assertThat(PosixWriter.meansNoHardLinks(refused("Input/output error"))).isFalse();
  }

  private static FileSystemException refused(String reason) {
    return new FileSystemException("f", "g", reason);
  }

  @Test
  void saysWhereItIs() {
    assertThat(store().describe()).isEqualTo("file://" + root());
  }
}
