package io.tidemark.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Compression;
import io.tidemark.repository.RepositoryOptions;
import io.tidemark.repository.WalSummary;
import io.tidemark.repository.Writer;
import io.tidemark.restore.WalGet;
import io.tidemark.store.PosixSettings;
import io.tidemark.store.PosixStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plays PostgreSQL to wal-get, which starts wal-fetch by the program as it is installed. */
final class WalGetLauncherTest {
  private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
  private static final SystemId SYSTEM = new SystemId(7422446688224466882L);

  private final DemoHome home = DemoHome.create();
  private Path data = Path.of("");

  @BeforeEach
  void archiveThreeSegments() throws IOException {
    try (PosixStore store = PosixStore.create(PosixSettings.of(home.resolve("repository")));
        ClusterRepository repository =
            ClusterRepository.create(
                store,
                "shop",
                new ClusterIdentity(SYSTEM, 17, SIZE, false, Instant.now()),
                new RepositoryOptions(
                    Compression.DEFAULT, Optional.empty(), new Writer("test", 1, "0.1")))) {
      for (int number = 1; number <= 3; number++) {
        repository.wal().putSegment(segment(number), content(number), WalSummary.EMPTY);
      }
    }
    home.writePrivate(
        Settings.FILE,
        """
        run-directory: %s
        state-directory: %s
        repositories:
          demo:
            type: posix
            path: %s
        clusters:
          shop:
            repository: demo
            connection: {host: 127.0.0.1, port: 1, user: tidemark, sslmode: disable}
        """
            .formatted(home.resolve("run"), home.resolve("state"), home.resolve("repository")));
    data = home.makeDirectory("data");
    Files.createDirectory(data.resolve("pg_wal"));
    Files.createFile(data.resolve("recovery.signal"));
    new WalGet(
            Installation.into(home),
            home.resolve(Settings.FILE),
            "shop",
            WalGet.Mode.RESTORE,
            Duration.ofMinutes(2))
        .install(data);
  }

  @AfterEach
  void removeIt() {
    home.close();
  }

  private static WalSegment segment(int number) {
    return new WalSegment(new Timeline(1), number, SIZE);
  }

  /** The header of a segment's first page, and then zeros. */
  private static ByteBuffer content(int number) {
    return ByteBuffer.allocate(SIZE.bytes())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(0, (short) 0xD116)
        .putShort(2, (short) 2)
        .putInt(4, 1)
        .putLong(8, segment(number).start().value())
        .putLong(24, SYSTEM.value())
        .putInt(32, SIZE.bytes())
        .putInt(36, 8192);
  }

  private int ask(int number) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
                "/bin/sh", "pg_wal/tidemark/wal-get", segment(number).name(), "pg_wal/RECOVERYXLOG")
            .directory(data.toFile())
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("logs/wal-get.log").toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  private long fetcher() throws IOException {
    return Long.parseLong(Files.readString(file("fetcher.pid")).strip());
  }

  private Path file(String name) {
    return data.resolve("pg_wal/tidemark").resolve(name);
  }

  @Test
  void startsAFetcherAndAnotherWhenThatIsKilled() throws Exception {
    assertThat(ask(1)).as(log()).isZero();
    assertThat(data.resolve("pg_wal/RECOVERYXLOG")).hasBinaryContent(content(1).array());
    long first = fetcher();
    assertThat(file("starting")).doesNotExist();

    ProcessHandle killed = ProcessHandle.of(first).orElseThrow();
    killed.destroyForcibly();
    killed.onExit().get(1, TimeUnit.MINUTES);
    Files.deleteIfExists(file("stage").resolve(segment(2).name()));
    assertThat(ask(2)).as(log()).isZero();
    assertThat(data.resolve("pg_wal/RECOVERYXLOG")).hasBinaryContent(content(2).array());
    long second = fetcher();
    assertThat(second).isNotEqualTo(first);

    assertThat(ask(3)).as(log()).isZero();
    assertThat(ask(4)).as(log()).isOne();
  }

  private String log() throws IOException {
    Path log = file("fetcher.log");
    return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
  }
}
