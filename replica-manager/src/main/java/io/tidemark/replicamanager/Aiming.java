package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.replicamanager.AdvanceTarget.AtLsn;
import io.tidemark.replicamanager.AdvanceTarget.AtName;
import io.tidemark.replicamanager.AdvanceTarget.AtTime;
import io.tidemark.replicamanager.AdvanceTarget.AtXid;
import io.tidemark.replicamanager.AdvanceTarget.BeforeXid;
import io.tidemark.restore.TargetFinder.Found;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Finds the position at which replay must stop for a target, or says why it cannot. Whatever is not
 * known to lie ahead is refused: a target that is never met lets a standby replay everything that
 * it has, the accident included.
 */
final class Aiming {
  private final String cluster;
  private final Standing at;
  private final Lsn restart;
  private final Instant restartTime;
  private final Optional<ArchivedWal> archive;
  private final Optional<Lsn> primaryEnd;

  /**
   * @param restart the redo position of its last restartpoint: from there on is searched, so that
   *     what was replayed lately is told from what is unknown
   * @param restartTime when that was written, by the primary's clock
   * @param primaryEnd the end of the primary's WAL; empty where it does not answer
   */
  Aiming(
      String cluster,
      Standing at,
      Lsn restart,
      Instant restartTime,
      Optional<ArchivedWal> archive,
      Optional<Lsn> primaryEnd) {
    this.cluster = cluster;
    this.at = at;
    this.restart = restart;
    this.restartTime = restartTime;
    this.archive = archive;
    this.primaryEnd = primaryEnd;
  }

  /**
   * The aim; empty for a time after which no archived transaction has ended yet.
   *
   * @throws TidemarkException TARGET_UNREACHABLE
   */
  Optional<Aim> at(AdvanceTarget target) {
    String name = target.describe();
    return switch (target) {
      case AtLsn(Lsn lsn) -> Optional.of(atLsn(name, lsn));
      case AtTime(Instant time) -> atTime(name, time.truncatedTo(ChronoUnit.MICROS));
      case AtXid(long xid) -> Optional.of(Aim.through(name, ahead(name, endOf(xid))));
      case BeforeXid(long xid) -> Optional.of(beforeXid(name, xid));
      case AtName(String point) -> Optional.of(Aim.through(name, restorePoint(name, point)));
    };
  }

  private Aim atLsn(String name, Lsn lsn) {
    if (lsn.isBefore(at.replayed())) {
      throw replayed(name);
    }
    Lsn end = Lsn.max(primaryEnd.orElse(Lsn.ZERO), archive.map(ArchivedWal::end).orElse(Lsn.ZERO));
    Lsn known = Lsn.max(end, at.received().orElse(Lsn.ZERO));
    if (lsn.isAfter(known)) {
      throw unreachable(
          "%s lies after the end of all WAL that is known, %s".formatted(name, known),
          "Nothing would stop replay before the end: name a position up to " + known + ".");
    }
    return Aim.upTo(name, lsn);
  }

  private Optional<Aim> atTime(String name, Instant time) {
    if (at.lastCommit().orElse(restartTime).isAfter(time)) {
      throw replayed(name);
    }
    ArchivedWal wal = wal(name);
    Optional<Found> after = wal.finder().firstEndAfter(wal.history(), restart, time);
    if (after.isPresent() && after.get().start().isBefore(at.replayed())) {
      throw replayed(name);
    }
    return after.map(record -> afterLastEnd(name, wal, record));
  }

  /**
   * Right behind the last transaction that counts, and not in front of the first that does not:
   * that one may hold locks by then, behind which nobody could read.
   */
  private Aim afterLastEnd(String name, ArchivedWal wal, Found next) {
    return wal.finder()
        .lastEndBefore(wal.history(), at.replayed(), next.start())
        .map(last -> Aim.through(name, last))
        .orElseGet(() -> Aim.here(name, at.replayed()));
  }

  /**
   * What drops, truncates or alters a table holds a lock on it before its end, and replay holds
   * that for it: stopped just before its end, the table would be there and not to be read.
   */
  private Aim beforeXid(String name, long xid) {
    Found end = ahead(name, endOf(xid));
    ArchivedWal wal = wal(name);
    return wal.finder()
        .firstExclusiveLock(wal.history(), at.replayed(), end.start(), xid)
        .map(lock -> Aim.beforeLock(name, lock, end))
        .orElseGet(() -> Aim.before(name, end));
  }

  private Found endOf(long xid) {
    ArchivedWal wal = wal("transaction " + xid);
    return wal.finder()
        .endOf(wal.history(), restart, xid)
        .orElseThrow(
            () ->
                unreachable(
                    "transaction %d neither commits nor aborts in the archived WAL from %s to %s"
                        .formatted(xid, restart, wal.end()),
                    "Is it the ID of a top-level transaction, and has it ended? What ended before"
                        + " %s is replayed already: `tidemark restore %s` leads there."
                            .formatted(restart, cluster)));
  }

  private Found restorePoint(String name, String point) {
    ArchivedWal wal = wal(name);
    var points = wal.finder().restorePoints(wal.history(), restart, point);
    if (points.isEmpty()) {
      throw unreachable(
          "there is no %s in the archived WAL from %s to %s".formatted(name, restart, wal.end()),
          "`tidemark wal list %s` shows the restore points.".formatted(cluster));
    }
    return points.stream()
        .filter(each -> each.start().isAtLeast(at.replayed()))
        .findFirst()
        .orElseThrow(() -> replayed(name));
  }

  private Found ahead(String name, Found record) {
    if (record.start().isBefore(at.replayed())) {
      throw replayed(name);
    }
    return record;
  }

  private ArchivedWal wal(String name) {
    ArchivedWal wal =
        archive.orElseThrow(
            () ->
                unreachable(
                    "there is no archived WAL to find %s in".formatted(name),
                    "Name a position: --lsn."));
    if (!wal.history().leadsFrom(at.timeline(), at.replayed())) {
      throw unreachable(
          "the archive's newest timeline %s does not pass where the replica stands, %s of timeline %s"
              .formatted(wal.history().timeline(), at.replayed(), at.timeline()),
          "It must follow the new primary first: tidemark replica status.");
    }
    return wal;
  }

  private TidemarkException replayed(String name) {
    return unreachable(
        "%s is replayed already: the replica stands at %s%s"
            .formatted(
                name,
                at.replayed(),
                at.lastCommit().map(time -> ", with transactions to " + time).orElse("")),
        "A standby cannot go back. `tidemark restore %s --to DIR` with that target can."
            .formatted(cluster));
  }

  static TidemarkException unreachable(String found, String hint) {
    return new TidemarkException(ErrorCode.TARGET_UNREACHABLE, found, hint);
  }
}
