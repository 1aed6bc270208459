package io.tidemark.walarchiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.testing.LogWatch;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ArchiverLogTest {
  @RegisterExtension final LogWatch log = new LogWatch();

  private final ArchiverLog archiverLog = new ArchiverLog("c");

  @Test
  void saysOnceThatAnotherHoldsTheLeaseUntilSomethingElseHappened() {
    waits("59 s");
    waits("44 s");
    assertThat(lines("not archiving")).isEqualTo(1);

    archiverLog.on(new ArchiverEvent.Streaming(new Timeline(1), Lsn.ZERO, Lsn.ZERO));
    waits("60 s");
    waits("45 s");
    assertThat(lines("not archiving")).isEqualTo(2);
  }

  @Test
  void saysAgainWhyItIsRefusedWhereTheLeaseCameBetween() {
    log.expect("not archiving: an old primary");
    refused();
    refused();
    waits("1 s");
    refused();
    assertThat(lines("an old primary")).isEqualTo(2);
  }

  private void waits(String left) {
    archiverLog.on(
        new ArchiverEvent.WaitingForLease(
            new TidemarkException(ErrorCode.LEASE_HELD, "held for " + left, ""), Duration.ZERO));
  }

  private void refused() {
    archiverLog.on(
        new ArchiverEvent.Refused(
            new TidemarkException(ErrorCode.SERVER_BEHIND, "an old primary", ""), Duration.ZERO));
  }

  private long lines(String text) {
    return log.lines().stream().filter(line -> line.contains(text)).count();
  }
}
