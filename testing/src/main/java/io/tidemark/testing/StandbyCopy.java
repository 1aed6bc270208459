package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * A data directory for a standby, copied from a running primary by the low-level backup of
 * PostgreSQL's documentation ("Making a Base Backup Using the Low Level API"). The embedded
 * distributions have no pg_basebackup.
 */
final class StandbyCopy {
  private StandbyCopy() {}

  static String conninfo(TestCluster primary) {
    String base =
        "host=%s port=%d user=%s".formatted(primary.host(), primary.port(), primary.user());
    return primary.password() == null ? base : base + " password='" + primary.password() + "'";
  }

  static void of(TestCluster primary, Path data) {
    if (!primary.tablespaces().isEmpty()) {
      throw new IllegalArgumentException("a standby of a cluster with tablespaces: " + primary);
    }
    try (Connection connection = primary.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_backup_start('standby', true)");
      copy(primary.data(), data);
      String label = stop(statement);
      Files.writeString(data.resolve("backup_label"), label);
      Files.createFile(data.resolve("standby.signal"));
      OsUser.own(data);
    } catch (SQLException | IOException e) {
      throw new IllegalStateException("cannot copy " + primary, e);
    }
  }

  private static String stop(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
      row.next();
      return row.getString(1);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Command.Result copied = Command.run(List.of("cp", "-a", from.toString(), to.toString()));
    // Files may vanish while cp reads the directory: replay makes that good. Anything else is
    // wrong.
    boolean onlyVanished =
        copied.output().lines().allMatch(line -> line.endsWith("No such file or directory"));
    if (!onlyVanished) {
      copied.orThrow();
    }
    Files.delete(to.resolve("postmaster.pid"));
    Files.deleteIfExists(to.resolve("postmaster.opts"));
    for (String emptied : List.of("pg_wal", "pg_replslot", "pg_dynshmem", "pg_stat_tmp")) {
      empty(to.resolve(emptied));
    }
  }

  private static void empty(Path directory) {
    try (var entries = Files.list(directory)) {
      entries.forEach(TemporaryDirectory::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
