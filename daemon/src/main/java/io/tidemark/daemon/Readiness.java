package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import io.tidemark.walarchiver.ArchiverStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether everything that is configured is being done: the body of /readyz.
 *
 * @param clusters reasons against each, empty where it is ready
 */
record Readiness(boolean ready, Map<String, List<String>> clusters) {
  /** A look at the repository takes so long at most before what it said is too old. */
  private static final Duration LAG_LIMIT = Duration.ofSeconds(60);

  private static final int RPOS = 10;

  /**
   * What is looked at of a cluster.
   *
   * @param archiver empty while it does not run yet
   * @param lagLimit above which the archive is not up to date
   * @param served whether wal-push is served; of a cluster that is not pushed it does not matter
   */
  record Facts(
      boolean streaming,
      boolean pushing,
      Optional<ArchiverStatus.State> archiver,
      Optional<String> refusal,
      Optional<Duration> lag,
      Duration lagLimit,
      boolean served,
      boolean repositoryLooked,
      Optional<String> repositoryFailure) {

    static Facts of(Vitals vitals, boolean served) {
      return new Facts(
          vitals.isStreaming(),
          vitals.isPushing(),
          vitals.archiverStatus().map(ArchiverStatus::state),
          message(vitals.refusal).or(() -> lastError(vitals)),
          vitals.lag(),
          limit(vitals.cluster.archive().rpo()),
          served,
          vitals.catalogue != null,
          message(vitals.repositoryFailure));
    }

    private static Duration limit(Duration rpo) {
      Duration several = rpo.multipliedBy(RPOS);
      return several.compareTo(LAG_LIMIT) > 0 ? several : LAG_LIMIT;
    }

    private static Optional<String> lastError(Vitals vitals) {
      return vitals
          .archiverStatus()
          .flatMap(ArchiverStatus::lastError)
          .map(TidemarkException::getMessage);
    }

    private static Optional<String> message(@Nullable TidemarkException e) {
      return Optional.ofNullable(e).map(TidemarkException::getMessage);
    }
  }

  static Readiness of(Map<String, Facts> clusters) {
    Map<String, List<String>> reasons = new LinkedHashMap<>();
    clusters.forEach((name, facts) -> reasons.put(name, reasons(facts)));
    return new Readiness(reasons.values().stream().allMatch(List::isEmpty), reasons);
  }

  /** What is against a cluster, a sentence each. */
  static List<String> reasons(Facts facts) {
    List<String> reasons = new ArrayList<>();
    if (facts.repositoryFailure().isPresent()) {
      reasons.add("repository: " + facts.repositoryFailure().get());
    } else if (!facts.repositoryLooked()) {
      reasons.add("repository: not opened yet");
    }
    if (facts.streaming()) {
      archiver(facts).ifPresent(reasons::add);
    }
    if (facts.pushing() && !facts.served()) {
      reasons.add("archive: wal-push is not served yet");
    }
    return reasons;
  }

  private static Optional<String> archiver(Facts facts) {
    if (facts.archiver().isEmpty()) {
      return Optional.of("archive: not started yet");
    }
    String because = facts.refusal().map(text -> ": " + text).orElse("");
    return switch (facts.archiver().get()) {
      case STREAMING -> late(facts);
      case STALLED -> Optional.of("archive: the store is slower than the server" + because);
      case NEW, CONNECTING -> Optional.of("archive: not connected" + because);
      case WAITING_FOR_LEASE -> Optional.of("archive: another process does it" + because);
      case REFUSED -> Optional.of("archive: refused" + because);
      case STOPPED -> Optional.of("archive: stopped" + because);
    };
  }

  private static Optional<String> late(Facts facts) {
    return facts
        .lag()
        .filter(lag -> lag.compareTo(facts.lagLimit()) > 0)
        .map(
            lag ->
                "archive: %d s behind, expected %d s at most"
                    .formatted(lag.toSeconds(), facts.lagLimit().toSeconds()));
  }
}
