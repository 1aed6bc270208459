package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.daemon.Readiness.Facts;
import io.tidemark.walarchiver.ArchiverStatus.State;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadinessTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @ParameterizedTest(name = "{0} with a lag of {1} s")
  @CsvSource(
      delimiter = '|',
      value = {
        "STREAMING         | 0  | ",
        "STREAMING         | 60 | ",
        "STREAMING         | 61 | archive: 61 s behind, expected 60 s at most",
        "NEW               | 0  | archive: not connected: why",
        "CONNECTING        | 0  | archive: not connected: why",
        "STALLED           | 0  | archive: the store is slower than the server: why",
        "WAITING_FOR_LEASE | 0  | archive: another process does it: why",
        "REFUSED           | 0  | archive: refused: why",
        "STOPPED           | 0  | archive: stopped: why",
      })
  void saysWhatKeepsAStreamedClusterFromBeingReady(State state, int lag, String reason) {
    Facts facts =
        new Facts(
            true,
            false,
            Optional.of(state),
            Optional.of("why"),
            Optional.of(Duration.ofSeconds(lag)),
            LIMIT,
            false,
            true,
            Optional.empty());

    assertThat(Readiness.reasons(facts)).isEqualTo(reason == null ? List.of() : List.of(reason));
  }

  @Test
  void isNotReadyBeforeTheFirstLookIntoTheRepository() {
    assertThat(Readiness.reasons(idle(false, Optional.empty())))
        .containsExactly("repository: not opened yet");
    assertThat(Readiness.reasons(idle(true, Optional.of("no answer"))))
        .containsExactly("repository: no answer");
    assertThat(Readiness.reasons(idle(true, Optional.empty()))).isEmpty();
  }

  @Test
  void waitsForWalPushToBeServed() {
    Facts waiting =
        new Facts(
            false,
            true,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            LIMIT,
            false,
            true,
            Optional.empty());

    assertThat(Readiness.reasons(waiting)).containsExactly("archive: wal-push is not served yet");
  }

  @Test
  void isReadyOnlyWhenEveryClusterIs() {
    Facts good = idle(true, Optional.empty());
    Facts bad = idle(false, Optional.empty());

    assertThat(Readiness.of(Map.of("a", good)).ready()).isTrue();
    assertThat(Readiness.of(Map.of("a", good, "b", bad)).ready()).isFalse();
  }

  private static Facts idle(boolean looked, Optional<String> failure) {
    return new Facts(
        false,
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        LIMIT,
        false,
        looked,
        failure);
  }
}
