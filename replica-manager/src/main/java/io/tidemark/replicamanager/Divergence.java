package io.tidemark.replicamanager;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.Lsn;
import io.tidemark.replicamanager.DirectoryView.Ours;
import io.tidemark.replicamanager.ReplicaDecision.Configure;
import io.tidemark.replicamanager.ReplicaDecision.Rebuild;
import io.tidemark.replicamanager.ReplicaDecision.Refuse;
import io.tidemark.replicamanager.ReplicaDecision.Rewind;
import io.tidemark.replicamanager.ReplicaDecision.Wait;
import java.util.List;
import java.util.Optional;

/** Whether a replica has WAL that its primary has not, and what is to be done then. */
record Divergence(Observation seen, ReplicaPolicy policy) {

  /**
   * Only what pg_control proves counts: a position and its timeline, written together. What the
   * server says (a replayed position alone) may be of a later timeline than pg_control knows yet.
   */
  Optional<ReplicaDecision> of(Ours ours) {
    boolean streams = seen.recovery().filter(RecoveryView::isStreaming).isPresent();
    if (streams || !(seen.primary() instanceof PrimaryView.Known primary)) {
      return Optional.empty();
    }
    if (primary.history().leadsFrom(ours.timeline(), ours.position())) {
      return Optional.empty();
    }
    return Optional.of(
        repair(
            ours,
            "it is at %s of timeline %s, and the primary's timeline %s left that before"
                .formatted(ours.position(), ours.timeline(), primary.history().timeline())));
  }

  /**
   * Whether it would go the wrong way: it has received more of its timeline than the primary's
   * comes from, and has not replayed that yet. PostgreSQL looks for a newer timeline at a start,
   * and when it has replayed all that it has; then it would be too late.
   */
  Optional<ReplicaDecision> ahead(Ours ours, RecoveryView recovery) {
    if (recovery.isStreaming() || !(seen.primary() instanceof PrimaryView.Known primary)) {
      return Optional.empty();
    }
    return recovery
        .received()
        .filter(received -> !primary.history().leadsFrom(ours.timeline(), received))
        .filter(_ -> recovery.replayed().filter(at -> isOnTheWay(primary, ours, at)).isPresent())
        .map(
            received ->
                new Configure(
                    List.of(),
                    true,
                    ("it has received WAL up to %s, and the primary's timeline %s left timeline %s"
                            + " before: it is started again to go that way")
                        .formatted(received, primary.history().timeline(), ours.timeline())));
  }

  private static boolean isOnTheWay(PrimaryView.Known primary, Ours ours, Lsn at) {
    return primary.history().leadsFrom(ours.timeline(), at);
  }

  /** Takes back what the primary has not, by the cheapest way that there is. */
  ReplicaDecision repair(Ours ours, String why) {
    return switch (seen.primary()) {
      case PrimaryView.Known _ when canRewind(ours.control()) -> rewind(why);
      case PrimaryView.Unknown(String unknown) when canRewind(ours.control()) ->
          new Wait(why + "; the primary is not reached: " + unknown);
      case PrimaryView.Known _, PrimaryView.Unknown _ ->
          rebuild(why + "; pg_rewind needs data checksums or wal_log_hints, and it has neither");
      case PrimaryView.NotUsed() -> rebuild(why);
    };
  }

  private ReplicaDecision rewind(String why) {
    Optional<TidemarkException> failed =
        seen.failedRewind().filter(last -> last.holds(seen)).map(FailedRewind::failure);
    if (failed.isEmpty()) {
      return new Rewind(why);
    }
    String tried = why + "; " + failed.get().getMessage();
    return policy.autoRebuild()
        ? new Rebuild(tried)
        : new Refuse(
            tried,
            "%s; to try it again: tidemark replica create %s"
                .formatted(failed.get().hint().replaceFirst("\\.$", ""), policy.replica()));
  }

  ReplicaDecision rebuild(String why) {
    if (policy.autoRebuild()) {
      return new Rebuild(why);
    }
    return new Refuse(
        why + "; it would have to be rebuilt, and auto-rebuild is false",
        "tidemark replica rebuild %s, or auto-rebuild: true".formatted(policy.replica()));
  }

  /** pg_rewind's documentation: what it needs to know every page that was changed. */
  private static boolean canRewind(ControlFile control) {
    return (control.hasDataChecksums() || control.walLogHints()) && control.fullPageWrites();
  }
}
