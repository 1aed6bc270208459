package io.tidemark.daemon;

import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether a scheduled backup is due: by what the catalogue says, not by what a process remembers.
 */
sealed interface BackupDue {
  /** A server's clock may differ from this machine's by so much. */
  Duration CLOCKS_DIFFER = Duration.ofMinutes(1);

  /** Take one. */
  record Due(Instant since, String why) implements BackupDue {}

  record NotYet(Instant next) implements BackupDue {}

  /** Nothing is scheduled, or never again. */
  record Never() implements BackupDue {}

  /**
   * The newest completed backup.
   *
   * @param started by the server's clock, or by this machine's where that is known and later
   */
  record Last(Instant started, Lsn startLsn) {}

  /**
   * Decides.
   *
   * @param begin when the cluster came into the repository: without any backup one is due since
   * @param lastGapEnd behind the last gap in the newest timeline's WAL
   */
  static BackupDue decide(
      Optional<Cron> schedule,
      Instant begin,
      Optional<Last> last,
      Optional<Lsn> lastGapEnd,
      Instant now) {
    if (schedule.isEmpty()) {
      return new Never();
    }
    if (last.isEmpty()) {
      return new Due(begin, "there is none");
    }
    if (lastGapEnd.filter(end -> end.isAfter(last.get().startLsn())).isPresent()) {
      return new Due(last.get().started(), "WAL was lost after the last one");
    }
    Cron cron = schedule.get();
    Optional<Instant> previous = cron.previous(now);
    if (previous.filter(at -> isMissed(cron, at, last.get())).isPresent()) {
      return new Due(previous.get(), "the schedule says so");
    }
    return cron.next(now).<BackupDue>map(NotYet::new).orElseGet(Never::new);
  }

  private static boolean isMissed(Cron cron, Instant fired, Last last) {
    Duration period =
        cron.next(fired).map(next -> Duration.between(fired, next)).orElse(CLOCKS_DIFFER);
    Duration tenth = period.dividedBy(10);
    Duration tolerance = tenth.compareTo(CLOCKS_DIFFER) < 0 ? tenth : CLOCKS_DIFFER;
    return last.started().isBefore(fired.minus(tolerance));
  }
}
