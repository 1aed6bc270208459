package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.restore.TargetFinder.MadeTablespace;
import io.tidemark.restore.TargetFinder.MadeTablespaces;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Tablespaces that were created after the backup began. Replay makes each at its original location,
 * whatever is mapped: {@code create_tablespace_directories} in tablespace.c accepts a directory
 * that is in use, and what replay writes there then is written into the files of another server.
 */
final class ReplayedTablespaces {
  private ReplayedTablespaces() {}

  /** What to know before the restore, a sentence each. */
  static List<String> notes(MadeTablespaces tablespaces) {
    List<String> notes = new ArrayList<>();
    for (MadeTablespace made : tablespaces.made()) {
      notes.add(
          "replay makes the tablespace of %s: the directory must be there, empty, and belong to the"
                  .formatted(describe(made))
              + " server's user, or PostgreSQL stops at that record");
    }
    if (!tablespaces.complete()) {
      notes.add(
          "whether tablespaces were created since the backup is not known of WAL that was archived"
              + " by an older version: replay makes them where they were");
    }
    return notes;
  }

  /**
   * Where replay makes a tablespace again that the data directory has made before. What is in it is
   * of a later moment than the backup, or of another timeline: replay takes such pages for replayed
   * already, so they must go first.
   */
  static List<Path> madeBefore(List<MadeTablespace> tablespaces, Path root) {
    OwnTablespaces own = new OwnTablespaces(root);
    List<Path> locations = new ArrayList<>();
    for (MadeTablespace made : tablespaces) {
      Path location = Path.of(made.location());
      try {
        if (own.contain("pg_tblspc/" + made.oid(), location)) {
          locations.add(location);
        }
      } catch (IOException e) {
        throw TargetDirectory.cannot("look into", location, e);
      }
    }
    return locations;
  }

  /**
   * Checks that each is made where nothing is.
   *
   * @param restored directories that the restore itself fills, or clears
   * @throws TidemarkException DIRECTORY_REFUSED
   */
  static void require(List<MadeTablespace> tablespaces, Collection<Path> restored) {
    for (MadeTablespace made : tablespaces) {
      Path location = Path.of(made.location());
      if (!restored.contains(location) && !isAbsentOrEmpty(location)) {
        throw new TidemarkException(
            ErrorCode.DIRECTORY_REFUSED,
            "replay would make the tablespace of %s, and that directory is not empty: another"
                    .formatted(describe(made))
                + " server may use it, such as the one that was backed up",
            "restore on another machine, or to a target before it, such as --lsn %s --exclusive;"
                    .formatted(made.at())
                + " --tablespace-map does not apply to what replay makes. If nothing uses the"
                + " directory, empty it, or give --allow-tablespace-creation");
      }
    }
  }

  private static boolean isAbsentOrEmpty(Path location) {
    try {
      return TargetDirectory.isAbsentOrEmpty(location);
    } catch (IOException e) {
      throw TargetDirectory.cannot("look into", location, e);
    }
  }

  private static String describe(MadeTablespace made) {
    return "OID %d at %s (LSN %s)".formatted(made.oid(), made.location(), made.at());
  }
}
