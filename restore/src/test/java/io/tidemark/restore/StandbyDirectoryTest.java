package io.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.restore.RestoreOptions.Archiving;
import io.tidemark.restore.RestoreOptions.TargetAction;
import io.tidemark.store.MemoryStore;
import io.tidemark.testing.OsUser;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StandbyDirectoryTest {
  private static final String MARKER = "tidemark.replica";

  @TempDir Path temporary;
  private final TestBackup backup = new TestBackup(new MemoryStore());
  private Path target = Path.of("");

  @BeforeEach
  void choose() throws IOException {
    target = temporary.toRealPath().resolve("standby");
  }

  private void restore(RestorePlan plan, boolean delta, Map<String, String> settings) {
    RestoreOptions options =
        new RestoreOptions(
            target,
            delta,
            Map.of(),
            2,
            OsUser.forServers().map(OsUser::name),
            TargetAction.PROMOTE,
            Archiving.OFF);
    new Restore(backup.repository(), options, RestoreProgress.NONE)
        .standby(plan, _ -> "fetch", new StandbyDirectory(settings, MARKER, "the build\n"));
  }

  private String autoConf() throws IOException {
    return Files.readString(target.resolve("postgresql.auto.conf"));
  }

  @Test
  void isAStandbyThatFollowsTheNewestTimeline() throws IOException {
    restore(backup.store(), false, Map.of("primary_conninfo", "host='a b'"));

    assertThat(target.resolve("standby.signal")).exists();
    assertThat(target.resolve("recovery.signal")).doesNotExist();
    assertThat(target.resolve("pg_wal/tidemark/way")).doesNotExist();
    assertThat(target.resolve(MARKER)).hasContent("the build");
    assertThat(target.resolve(TargetDirectory.MARKER)).doesNotExist();
    assertThat(autoConf())
        .contains("work_mem = '8MB'\n")
        .contains("restore_command = 'fetch'\n", "primary_conninfo = 'host=''a b'''\n")
        .doesNotContain("recovery_target");
  }

  @Test
  void getsTheConfigurationFilesThatTheSourceKeepsElsewhere() throws IOException {
    backup.files.put("pg_hba.conf", "# the source's\n".getBytes(StandardCharsets.UTF_8));

    restore(backup.store(), false, Map.of());

    assertThat(target.resolve("pg_hba.conf")).hasContent("# the source's");
    assertThat(target.resolve("postgresql.conf")).content().contains("tidemark");
    assertThat(target.resolve("pg_ident.conf")).exists();
  }

  @Test
  void keepsItsMarkerWhileItIsUnfinished() throws IOException {
    RestorePlan plan = backup.store();
    restore(plan, false, Map.of());
    Files.writeString(target.resolve("stray"), "x");

    TidemarkException failure =
        catchThrowableOfType(
            TidemarkException.class,
            () ->
                new Restore(
                        backup.repository(),
                        new RestoreOptions(
                            target,
                            true,
                            Map.of(),
                            2,
                            OsUser.forServers().map(OsUser::name),
                            TargetAction.PROMOTE,
                            Archiving.OFF),
                        RestoreProgress.NONE)
                    .standby(
                        plan,
                        _ -> {
                          throw new TidemarkException(ErrorCode.LOCAL_IO, "broken off", "");
                        },
                        new StandbyDirectory(Map.of(), MARKER, "the build\n")));

    assertThat(failure).hasMessage("broken off");
    assertThat(target.resolve("stray")).doesNotExist();
    assertThat(target.resolve(MARKER)).hasContent("the build");
    assertThat(target.resolve(TargetDirectory.MARKER)).exists();
    assertThat(target.resolve(ControlFile.PATH)).doesNotExist();
  }

  @Test
  void replacesItsSettingsAsAWhole() throws IOException {
    restore(backup.store(), false, Map.of("port", "5441", "work_mem", "1MB", "jit", "off"));
    assertThat(autoConf()).contains("jit = 'off'").doesNotContain("8MB");

    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("port", "5442");
    StandbyFiles.writeSettings(target, settings);
    StandbyFiles.writeSettings(target, settings);

    assertThat(autoConf()).doesNotContain("jit", "5441", "restore_command");
    assertThat(autoConf().split("port", -1)).hasSize(2);
    assertThat(Files.getOwner(target.resolve("postgresql.auto.conf")))
        .isEqualTo(Files.getOwner(target));
  }

  @Test
  void asksAgainWhateverTheCommandComesTo() {
    assertThat(WalGet.Mode.STANDBY.restoreCommand())
        .as("a code above 125 would end the server")
        .isEqualTo(WalGet.Mode.RESTORE.restoreCommand() + " || exit 1");
  }

  @Test
  void takesAwayWhatAFetcherHasStagedAndWaitsForItsEnd() throws IOException {
    restore(backup.store(), false, Map.of());
    Path home = target.resolve("pg_wal/tidemark");
    Files.createDirectories(home.resolve("stage"));
    Files.writeString(home.resolve("stage/000000010000000000000007"), "x");
    Path lock = home.resolve("fetcher.lock");
    try (FileChannel file =
        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      FileLock held = file.lock();
      TidemarkException late =
          catchThrowableOfType(
              TidemarkException.class, () -> StagedWal.remove(target, Duration.ofMillis(100)));
      assertThat(late.code()).isEqualTo(ErrorCode.TIMED_OUT);
      held.release();
    }

    StagedWal.remove(target, Duration.ofSeconds(10));

    assertThat(target.resolve("pg_wal/tidemark")).doesNotExist();
    assertThat(target.resolve("pg_wal/tidemark.away")).doesNotExist();
    assertThat(target.resolve("pg_wal/archive_status")).exists();
  }
}
