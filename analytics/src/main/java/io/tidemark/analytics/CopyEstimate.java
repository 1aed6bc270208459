package io.tidemark.analytics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a copy will take, and whether it comes to an end: T = S / copy rate; the slot keeps W · T of
 * WAL meanwhile, which must fit what it may keep; catching up takes W · T / (A − W), where A is the
 * rate of applying, and never ends where A is not greater than W. Pure.
 *
 * @param copyTime of the copy alone
 * @param walKeptBytes by the slot when the copy ends
 * @param catchUpTime after it; empty where the rate of applying is not known, or never
 * @param refusals why it must not be begun so; each says what was found and what to do
 * @param warnings what is not known, or may become a trouble
 */
public record CopyEstimate(
    Duration copyTime,
    long walKeptBytes,
    Optional<Duration> catchUpTime,
    List<String> refusals,
    List<String> warnings) {
  /** Of what a slot may keep: the estimate may be wrong by as much. */
  private static final double MUCH = 0.5;

  /** Longer than anybody waits, and short enough to calculate with. */
  private static final double LONGEST_SECONDS = Duration.ofDays(3650).toSeconds();

  public CopyEstimate {
    refusals = List.copyOf(refusals);
    warnings = List.copyOf(warnings);
  }

  /** Whether it may be begun. */
  public boolean converges() {
    return refusals.isEmpty();
  }

  public static CopyEstimate of(CopyFacts facts) {
    double seconds = Math.min(LONGEST_SECONDS, (double) facts.bytes() / facts.copyBytesPerSecond());
    long kept = Math.round(facts.walBytesPerSecond() * seconds);
    List<String> refusals = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    judgeKept(kept, facts.keepLimitBytes(), refusals, warnings);
    judgeApply(facts, refusals, warnings);
    judgeSpace(facts, refusals, warnings);
    return new CopyEstimate(ofSeconds(seconds), kept, catchUp(kept, facts), refusals, warnings);
  }

  private static Optional<Duration> catchUp(long kept, CopyFacts facts) {
    if (facts.applyBytesPerSecond().isEmpty()) {
      return Optional.empty();
    }
    long gain = facts.applyBytesPerSecond().getAsLong() - facts.walBytesPerSecond();
    return gain > 0
        ? Optional.of(ofSeconds(Math.min(LONGEST_SECONDS, (double) kept / gain)))
        : Optional.empty();
  }

  private static Duration ofSeconds(double seconds) {
    return Duration.ofMillis(Math.round(seconds * 1000));
  }

  private static void judgeKept(
      long kept, OptionalLong limit, List<String> refusals, List<String> warnings) {
    if (limit.isEmpty()) {
      warnings.add(
          "nothing limits the WAL that slots keep at the source: while the target is away, it"
              + " fills the source's disk; set max_slot_wal_keep_size");
    } else if (kept > limit.getAsLong()) {
      refusals.add(
          "the slot would keep %d bytes of WAL while it is copied, and may keep %d: it would be lost"
                  .formatted(kept, limit.getAsLong())
              + " before the end; raise max_slot_wal_keep_size, or copy faster (copy.workers,"
              + " copy.rate), or when less is written");
    } else if (kept > MUCH * limit.getAsLong()) {
      warnings.add(
          "the slot would keep %d bytes of WAL while it is copied, of %d that it may keep"
              .formatted(kept, limit.getAsLong()));
    }
  }

  private static void judgeApply(CopyFacts facts, List<String> refusals, List<String> warnings) {
    if (facts.applyBytesPerSecond().isEmpty()) {
      warnings.add("the rate at which changes can be applied is not known before they are");
    } else if (facts.applyBytesPerSecond().getAsLong() <= facts.walBytesPerSecond()) {
      refusals.add(
          "the source writes %d bytes of WAL per second, and %d can be applied: it would never catch"
                  .formatted(facts.walBytesPerSecond(), facts.applyBytesPerSecond().getAsLong())
              + " up; take fewer tables, or a faster target");
    }
  }

  private static void judgeSpace(CopyFacts facts, List<String> refusals, List<String> warnings) {
    if (facts.targetFreeBytes().isEmpty()) {
      warnings.add("the target's free disk is not known here: see that it has the room");
    } else if (facts.targetBytes() > facts.targetFreeBytes().getAsLong()) {
      refusals.add(
          "the copy needs %d bytes in the target, where %d are free; free some, or take less"
              .formatted(facts.targetBytes(), facts.targetFreeBytes().getAsLong()));
    }
  }
}
