package io.tidemark.restore;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where and how a restore writes.
 *
 * @param directory the data directory to be made
 * @param delta whether what is right in the directory already is kept and the rest replaced or
 *     removed; otherwise the directory must be empty or not exist
 * @param tablespaces for tablespaces that go elsewhere: location in the backup → location now
 * @param parallel how many packs are read and written at once, 1 to 64
 * @param owner who is to own the files; only the superuser may give one
 * @param action what PostgreSQL does at the target
 * @param tablespaceCreation whether replay may make tablespaces where there is something already
 * @param archiving whether the restored server goes on archiving as the backed up one did
 */
public record RestoreOptions(
    Path directory,
    boolean delta,
    Map<Path, Path> tablespaces,
    int parallel,
    Optional<String> owner,
    TargetAction action,
    boolean tablespaceCreation,
    Archiving archiving) {

  /** {@code recovery_target_action}. */
  public enum TargetAction {
    PROMOTE,
    PAUSE,
    SHUTDOWN
  }

  /** What becomes of the backed up server's archive_mode. */
  public enum Archiving {
    /** Written as off: a copy does not push WAL into the archive of the server it is a copy of. */
    OFF,
    /** Left as it is: for a restore that takes the server's place. */
    PRESERVE
  }

  /** Where replay makes no tablespace in a directory that is not empty. */
  public RestoreOptions(
      Path directory,
      boolean delta,
      Map<Path, Path> tablespaces,
      int parallel,
      Optional<String> owner,
      TargetAction action,
      Archiving archiving) {
    this(directory, delta, tablespaces, parallel, owner, action, false, archiving);
  }

  public RestoreOptions {
    directory = directory.toAbsolutePath().normalize();
    tablespaces = Map.copyOf(tablespaces);
    if (parallel < 1 || parallel > 64) {
      throw new IllegalArgumentException("parallel is 1 to 64, not " + parallel);
    }
  }
}
