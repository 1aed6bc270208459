package io.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DataDirectory;
import io.tidemark.postgres.PostgresMajor;
import io.tidemark.repository.Manifest.Directory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SourceListerTest {
  private static final DataDirectory RULES = new DataDirectory(PostgresMajor.of(17));

  @TempDir Path root;

  @Test
  void listsFilesOfTheDataDirectoryAndOfItsTablespaces() throws IOException {
    write("data/base/5/1259", "relation");
    write("data/global/pg_control", "control");
    String version = PostgresMajor.of(17).tablespaceDirectory();
    write("elsewhere/" + version + "/5/16400", "in a tablespace");
    Files.createDirectories(root.resolve("data/pg_tblspc"));
    Files.createSymbolicLink(root.resolve("data/pg_tblspc/16399"), root.resolve("elsewhere"));

    SourceListing listing = SourceLister.list(root.resolve("data"), RULES);

    assertThat(listing.files())
        .extracting(SourceFile::path)
        .containsExactly(
            "base/5/1259", "global/pg_control", "pg_tblspc/16399/" + version + "/5/16400");
    assertThat(listing.bytes()).isEqualTo("relationcontrolin a tablespace".length());
  }

  @Test
  void keepsDirectoriesWhoseContentIsNotCopied() throws IOException {
    write("data/pg_wal/000000010000000000000001", "wal");
    write("data/pg_replslot/standby/state", "slot");
    write("data/postmaster.pid", "1");

    SourceListing listing = SourceLister.list(root.resolve("data"), RULES);

    assertThat(listing.files()).isEmpty();
    assertThat(listing.directories())
        .extracting(Directory::path)
        .containsExactly("pg_replslot", "pg_wal");
  }

  @Test
  void keepsAPgWalThatIsALinkAsADirectory() throws IOException {
    Files.createDirectories(root.resolve("data"));
    write("fast-disk/000000010000000000000001", "wal");
    Files.createSymbolicLink(root.resolve("data/pg_wal"), root.resolve("fast-disk"));

    SourceListing listing = SourceLister.list(root.resolve("data"), RULES);

    assertThat(listing.directories()).extracting(Directory::path).containsExactly("pg_wal");
    assertThat(listing.files()).isEmpty();
    assertThat(listing.leftOut()).isEmpty();
  }

  @Test
  void keepsModesAndSaysWhatIsNeitherFileNorDirectory() throws IOException {
    write("data/server.key", "secret");
    Files.setPosixFilePermissions(
        root.resolve("data/server.key"), PosixFilePermissions.fromString("r--------"));
    Files.createSymbolicLink(root.resolve("data/extra.conf"), root.resolve("data/server.key"));

    SourceListing listing = SourceLister.list(root.resolve("data"), RULES);

    assertThat(listing.files()).extracting(SourceFile::mode).containsExactly(0400);
    assertThat(listing.leftOut()).containsExactly("extra.conf");
  }

  @Test
  void saysWhichDirectoryIsMissing() {
    assertThatThrownBy(() -> SourceLister.list(root.resolve("none"), RULES))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining(root.resolve("none").toString());
  }

  private void write(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }
}
