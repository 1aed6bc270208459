package io.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.restore.RestoreOptions.Archiving;
import io.tidemark.restore.RestoreOptions.TargetAction;
import io.tidemark.store.MemoryStore;
import io.tidemark.testing.OsUser;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a file system of its own that is too small; only root can make one. */
final class FullDiskTest {
  @TempDir Path directory;
  private final TestBackup backup = new TestBackup(new MemoryStore());
  private boolean mounted;

  @BeforeEach
  void mount() throws Exception {
    assumeThat(OsUser.forServers()).as("as root").isPresent();
    mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "none", directory.toString()) == 0;
    assumeThat(mounted).as("may mount").isTrue();
    byte[] content = new byte[3 << 20];
    new Random(1).nextBytes(content);
    backup.files.put("base/5/large", content);
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      assertThat(run("umount", directory.toString())).isZero();
    }
  }

  @Test
  void refusesABackupThatDoesNotFitBeforeItWritesAnything() {
    TidemarkException refusal = restore(false);

    assertThat(refusal.code()).isEqualTo(ErrorCode.NO_SPACE);
    assertThat(refusal).hasMessageContaining("1,048,576 bytes free, the backup needs ");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void saysThatTheDiskBecameFullAndLeavesNothingThatStarts() {
    TidemarkException failure = restore(true);

    assertThat(failure.code()).isEqualTo(ErrorCode.NO_SPACE);
    assertThat(failure.hint()).contains("--delta");
    assertThat(directory.resolve("restored").resolve(ControlFile.PATH)).doesNotExist();
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).start().waitFor();
  }

  /** With delta, for which nobody can tell how much space it takes. */
  private TidemarkException restore(boolean delta) {
    RestoreOptions options =
        new RestoreOptions(
            directory.resolve("restored"),
            delta,
            Map.of(),
            2,
            OsUser.forServers().map(OsUser::name),
            TargetAction.PROMOTE,
            false,
            Archiving.OFF);
    Restore restore = new Restore(backup.repository(), options, RestoreProgress.NONE);
    return catchThrowableOfType(
        TidemarkException.class, () -> restore.run(backup.store(), _ -> "fetch %f %p"));
  }
}
