package io.tidemark.postgres;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which entries of a data directory belong into a base backup: the rules of PostgreSQL's own
 * (basebackup.c: {@code excludeDirContents}, {@code excludeFiles}, {@code sendDir}), in the union
 * of all supported majors, and what a restored server must not find (signal files, the label of an
 * older backup). Paths are relative to the data directory and use slashes.
 */
public final class DataDirectory {
  private static final Set<String> CONTENT_NOT_COPIED =
      Set.of(
          "pg_wal",
          "pg_replslot",
          "pg_dynshmem",
          "pg_notify",
          "pg_serial",
          "pg_snapshots",
          "pg_stat_tmp",
          "pg_subtrans");

  /** Left out in whichever directory they are. */
  private static final Set<String> SKIPPED_NAMES =
      Set.of(
          "postmaster.pid",
          "postmaster.opts",
          "postgresql.auto.conf.tmp",
          "current_logfiles.tmp",
          "backup_label",
          "tablespace_map",
          "backup_manifest",
          ".DS_Store");

  /** Left out at the top: of an older recovery, or made at each start, or said of this copy. */
  private static final Set<String> SKIPPED_AT_TOP =
      Set.of(
          "backup_label.old",
          "tablespace_map.old",
          "recovery.signal",
          "standby.signal",
          "tidemark.replica",
          "tidemark.restoring",
          "config_exec_params",
          "config_exec_params.new");

  private static final Pattern TABLESPACE_LINK = Pattern.compile("pg_tblspc/[1-9][0-9]{0,9}");
  private static final Pattern VERSION_DIRECTORY =
      Pattern.compile("pg_tblspc/[1-9][0-9]*/(PG_[0-9]+_[0-9]+)(?:/.*)?");

  private final PostgresMajor major;

  /** The rules for a cluster of {@code major}. */
  public DataDirectory(PostgresMajor major) {
    this.major = major;
  }

  /**
   * The rule for one entry. What lies below a directory that is not copied is SKIP as well.
   *
   * @param path relative to the data directory; a file in a tablespace as {@code
   *     pg_tblspc/<oid>/…}, as if the link were a directory
   * @param isDirectory without following links
   * @param exists whether a path exists in the same listing; asked for the init fork that makes a
   *     relation unlogged
   */
  public FileRule ruleFor(String path, boolean isDirectory, Predicate<String> exists) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (isSkippedName(path, name) || isBelowSkipped(path) || isForeignTablespaceVersion(path)) {
      return FileRule.SKIP;
    }
    if (CONTENT_NOT_COPIED.contains(path)) {
      return FileRule.KEEP_EMPTY;
    }
    if (path.equals(ControlFile.PATH)) {
      return FileRule.CONTROL_FILE;
    }
    if (!isDirectory && TABLESPACE_LINK.matcher(path).matches()) {
      return FileRule.TABLESPACE_LINK;
    }
    boolean recreated = !isDirectory && isUnloggedOrTemporary(path, name, exists);
    return recreated ? FileRule.SKIP : FileRule.COPY;
  }

  /** What a server needs to find, and a restore creates empty, in the order of creation. */
  public List<String> emptyDirectories() {
    Stream<String> summaries =
        major.number() >= 17 ? Stream.of("pg_wal/summaries") : Stream.empty();
    return Stream.of(
            CONTENT_NOT_COPIED.stream().sorted(), Stream.of("pg_wal/archive_status"), summaries)
        .flatMap(s -> s)
        .toList();
  }

  private static boolean isSkippedName(String path, String name) {
    return SKIPPED_NAMES.contains(name)
        || name.startsWith("pgsql_tmp")
        || name.startsWith("pg_internal.init")
        || name.startsWith(".s.PGSQL.")
        || SKIPPED_AT_TOP.contains(path);
  }

  private static boolean isBelowSkipped(String path) {
    int slash = path.indexOf('/');
    return (slash > 0 && CONTENT_NOT_COPIED.contains(path.substring(0, slash)))
        || path.contains("/pgsql_tmp")
        || path.startsWith("pgsql_tmp");
  }

  /** Two majors can share a tablespace's directory after an upgrade: only ours is copied. */
  private boolean isForeignTablespaceVersion(String path) {
    if (!path.startsWith("pg_tblspc/") || path.indexOf('/', 10) < 0) {
      return false;
    }
    var matcher = VERSION_DIRECTORY.matcher(path);
    return !matcher.matches() || !matcher.group(1).equals(major.tablespaceDirectory());
  }

  private static boolean isUnloggedOrTemporary(String path, String name, Predicate<String> exists) {
    String directory = path.substring(0, path.length() - name.length());
    return RelationFile.parse(path)
        .filter(
            file ->
                file.isTemporary()
                    || (file.fork() != Fork.INIT && exists.test(directory + file.initForkName())))
        .isPresent();
  }
}
