package io.tidemark.postgres;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One segment file of a relation's fork, read from its path in the data directory (relpath.c, and
 * {@code parse_filename_for_nontemp_relation} in reinit.c). Only files whose pages carry headers,
 * LSNs and checksums have such names, in such directories.
 *
 * @param tablespace the tablespace's OID: 1663 for {@code base}, 1664 for {@code global}
 * @param database the database's OID; 0 in {@code global}
 * @param number the relation's file number, unsigned 32 bits
 * @param segment 0 for the first file, one more for each GiB that follows
 * @param backend which backend's temporary relation it is; empty for all others
 */
public record RelationFile(
    long tablespace, long database, long number, Fork fork, int segment, OptionalInt backend) {
  /** {@code pg_default}'s OID. */
  public static final long DEFAULT_TABLESPACE = 1663;

  /** {@code pg_global}'s OID. */
  public static final long GLOBAL_TABLESPACE = 1664;

  /** Blocks in a full segment file, as every distributed build has it ({@code RELSEG_SIZE}). */
  public static final int BLOCKS_PER_FILE = 131072;

  private static final String OID = "([1-9][0-9]{0,9})";
  private static final Pattern DIRECTORY =
      Pattern.compile(
          "global/|base/" + OID + "/|pg_tblspc/" + OID + "/PG_[0-9]+_[0-9]+/" + OID + "/");
  private static final Pattern NAME =
      Pattern.compile("(?:t([0-9]{1,9})_)?" + OID + "(_fsm|_vm|_init)?(?:\\.([1-9][0-9]{0,5}))?");

  /** Reads a path relative to the data directory, with slashes; empty for any other file. */
  public static Optional<RelationFile> parse(String path) {
    int slash = path.lastIndexOf('/') + 1;
    Matcher directory = DIRECTORY.matcher(path).region(0, slash);
    Matcher name = NAME.matcher(path).region(slash, path.length());
    if (!directory.matches() || !name.matches() || tooBig(name.group(2))) {
      return Optional.empty();
    }
    return Optional.of(
        new RelationFile(
            tablespace(directory),
            database(directory),
            Long.parseLong(name.group(2)),
            fork(name.group(3)),
            name.group(4) == null ? 0 : Integer.parseInt(name.group(4)),
            name.group(1) == null
                ? OptionalInt.empty()
                : OptionalInt.of(Integer.parseInt(name.group(1)))));
  }

  /** Whether it belongs to a temporary relation, which no backup needs. */
  public boolean isTemporary() {
    return backend.isPresent();
  }

  /** The number, in the whole fork, of this file's first block. */
  public long firstBlock() {
    return (long) segment * BLOCKS_PER_FILE;
  }

  /**
   * Whether its pages carry checksums where the cluster has them: all forks of all relations do,
   * and temporary ones are not worth a look.
   */
  public boolean hasChecksums() {
    return !isTemporary();
  }

  /** Whether its pages carry the LSN of their last change: the free space map's do not. */
  public boolean hasPageLsns() {
    return !isTemporary() && fork != Fork.FREE_SPACE_MAP;
  }

  /** The name of the init fork whose presence beside it says that the relation is unlogged. */
  public String initForkName() {
    return number + Fork.INIT.suffix();
  }

  private static long tablespace(Matcher directory) {
    if (directory.group(2) != null) {
      return Long.parseLong(directory.group(2));
    }
    return directory.group(1) != null ? DEFAULT_TABLESPACE : GLOBAL_TABLESPACE;
  }

  private static long database(Matcher directory) {
    String oid = directory.group(1) != null ? directory.group(1) : directory.group(3);
    return oid == null ? 0 : Long.parseLong(oid);
  }

  private static boolean tooBig(String number) {
    return Long.parseLong(number) > 0xFFFF_FFFFL;
  }

  private static Fork fork(@Nullable String suffix) {
    return switch (suffix) {
      case null -> Fork.MAIN;
      case "_fsm" -> Fork.FREE_SPACE_MAP;
      case "_vm" -> Fork.VISIBILITY_MAP;
      case "_init" -> Fork.INIT;
      default -> throw new IllegalArgumentException("not a fork: " + suffix);
    };
  }
}
