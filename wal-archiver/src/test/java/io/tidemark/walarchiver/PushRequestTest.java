package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSegmentSize;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PushRequestTest {
  private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;

  @Test
  void readsWhatTheLauncherWrites() {
    assertThat(
            PushRequest.parse(
                List.of(
                    "protocol=1",
                    "path=/data/pg_wal/a=b",
                    "cluster=",
                    "data-directory=/data",
                    "deadline=1800000000")))
        .isEqualTo(
            new PushRequest(
                Path.of("/data/pg_wal/a=b"),
                "",
                Path.of("/data"),
                Instant.ofEpochSecond(1_800_000_000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "protocol=2\npath=/a\ncluster=\ndata-directory=/\ndeadline=1",
        "protocol=1\npath=a\ncluster=\ndata-directory=/\ndeadline=1",
        "protocol=1\npath=/a\ndata-directory=/\ndeadline=1",
        "protocol=1\npath=/a\ncluster=\ndata-directory=/\ndeadline=soon",
      })
  void refusesAnythingElse(String text) {
    assertThatThrownBy(() -> PushRequest.parse(text.lines().toList()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tellsFilesByTheirNames() {
    WalSegment segment = WalSegment.parse("0000000200000001000000AB", SIZE);
    assertThat(PushedFile.of("0000000200000001000000AB", SIZE))
        .isEqualTo(new PushedFile.Segment(segment));
    assertThat(PushedFile.of("0000000200000001000000AB.partial", SIZE))
        .isEqualTo(new PushedFile.Partial(segment));
    assertThat(PushedFile.of("00000002.history", SIZE))
        .isEqualTo(new PushedFile.History(new Timeline(2)));
    assertThat(PushedFile.of("0000000200000001000000AB.00000028.backup", SIZE))
        .isEqualTo(new PushedFile.BackupHistory());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql.conf",
        "0000000200000001000001AB",
        "00000000.history",
        "archive_status",
        "0000000200000001000000ab",
        "0000000200000001000000AB.ready"
      })
  void refusesFilesThatAreNotWal(String name) {
    assertThatThrownBy(() -> PushedFile.of(name, SIZE))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining(name);
  }
}
