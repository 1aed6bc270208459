package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.daemon.RestoreReport.Plan;
import io.tidemark.daemon.RestoreReport.Proof;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.BackupName;
import io.tidemark.restore.RecoveryProof;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RestoreTextTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
  private static final Lsn END = new Lsn(0xB00000);

  @Test
  void theProofRepeatsWhatThePlanHasNoted() {
    Plan plan =
        new Plan(
            "the end of the archive",
            false,
            BackupName.full(NOON),
            NOON,
            List.of(),
            END,
            END,
            0,
            END,
            Optional.empty(),
            Optional.empty(),
            1,
            1,
            1,
            1,
            Map.of(),
            List.of("replays up to 0/B00000", "makes a tablespace"));
    Proof proof =
        new Proof(
            END,
            END,
            Optional.empty(),
            END,
            0,
            new Timeline(2),
            RecoveryProof.State.PROMOTED,
            Duration.ofSeconds(1),
            Optional.empty());

    assertThat(RestoreText.proof(plan, proof).lines())
        .contains("  note        replays up to 0/B00000", "  note        makes a tablespace");
  }
}
