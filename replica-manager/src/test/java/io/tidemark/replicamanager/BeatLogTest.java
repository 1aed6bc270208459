package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.ExpectLog;
import io.tidemark.testing.LogWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class BeatLogTest {
  private static final Duration TOLERATED = Duration.ofSeconds(30);

  @RegisterExtension final LogWatch log = new LogWatch();

  @TempDir Path directory;

  @Test
  void keepsOneSpanWhileBeatsFollowEachOther() {
    BeatLog log = beats(0, 10, 20, 45);

    assertThat(log.spans()).containsExactly(new BeatLog.Span(at(0), at(45)));
  }

  @Test
  void saysWhichCommitIsFollowedByWhat() {
    BeatLog log = beats(1000, 1010, 5000, 5010);

    assertThat(log.spans()).hasSize(2);
    assertThat(log.followed(at(1005))).as("within").isEqualTo(at(1005));
    assertThat(log.followed(at(990))).as("a little before").isEqualTo(at(990));
    assertThat(log.followed(at(200))).as("before all").isEqualTo(at(1000));
    assertThat(log.followed(at(3000))).as("in the break").isEqualTo(at(5000));
    assertThat(log.followed(at(5011))).as("after the last beat").isEqualTo(at(5011));
  }

  @Test
  void beginsAnewWhereTheClockWentBack() {
    assertThat(beats(1000, 1010, 100, 110).spans())
        .containsExactly(new BeatLog.Span(at(100), at(110)));
  }

  @Test
  void keepsNoMoreThanItsLimit() {
    BeatLog log = BeatLog.empty(TOLERATED);
    for (int i = 0; i < 3 * BeatLog.MOST; i++) {
      log = log.beat(at(i * 100L));
    }

    assertThat(log.spans()).hasSize(BeatLog.MOST);
    assertThat(log.spans().getLast().to()).isEqualTo(at((3 * BeatLog.MOST - 1) * 100L));
  }

  @Test
  void isReadAsItWasWritten() {
    BeatLogFile file = new BeatLogFile(directory.resolve("heartbeat/main"));
    BeatLog log = beats(1000, 1010, 5000, 5010);

    assertThat(file.read(TOLERATED)).isEqualTo(BeatLog.empty(TOLERATED));
    file.write(log);
    assertThat(file.read(TOLERATED)).isEqualTo(log);
  }

  @Test
  @ExpectLog("heartbeats begin anew")
  void beginsAnewWhereTheFileIsDamaged() throws IOException {
    Path file = Files.writeString(directory.resolve("main"), "yesterday\n");

    assertThat(new BeatLogFile(file).read(TOLERATED)).isEqualTo(BeatLog.empty(TOLERATED));
  }

  private static BeatLog beats(long... seconds) {
    BeatLog log = BeatLog.empty(TOLERATED);
    for (long second : seconds) {
      log = log.beat(at(second));
    }
    return log;
  }

  private static Instant at(long second) {
    return Instant.ofEpochSecond(second);
  }
}
