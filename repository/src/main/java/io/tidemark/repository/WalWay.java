package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalInventory.Stretch;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The way of a recovery along a history. PostgreSQL asks for each segment on the newest timeline
 * that can have it, that is, that begins in or before it ({@code XLogFileReadAnyTLI} in
 * xlogrecovery.c): a timeline's first segment begins with a copy of what its parent wrote there,
 * and is read instead of the parent's. Only where it is absent is the parent's asked for.
 */
final class WalWay {
  private final WalInventory inventory;
  private final List<Leg> legs = new ArrayList<>();

  /**
   * One timeline's part of the way.
   *
   * @param first the beginning of the first segment that is read on it
   * @param end where it was left, or empty for the last
   */
  record Leg(Timeline timeline, Lsn first, Optional<Lsn> end) {
    Lsn limit(Lsn lsn) {
      return end.isPresent() ? Lsn.min(lsn, end.get()) : lsn;
    }
  }

  WalWay(WalInventory inventory, TimelineHistory history) {
    this.inventory = inventory;
    Lsn begin = Lsn.ZERO;
    for (TimelineHistory.Switch left : history.switches()) {
      legs.add(new Leg(left.from(), segmentStart(begin), Optional.of(left.at())));
      begin = left.at();
    }
    legs.add(new Leg(history.timeline(), segmentStart(begin), Optional.empty()));
  }

  private Lsn segmentStart(Lsn lsn) {
    return WalSegment.containing(new Timeline(1), lsn, inventory.segmentSize()).start();
  }

  List<Leg> legs() {
    return List.copyOf(legs);
  }

  /** On which timelines a segment is asked for, the first first, until one has it. */
  List<Leg> asked(Lsn segmentStart) {
    List<Leg> asked = new ArrayList<>();
    for (Leg leg : legs.reversed()) {
      if (leg.first().compareTo(segmentStart) <= 0) {
        asked.add(leg);
        if (!leg.first().equals(segmentStart)) {
          break;
        }
      }
    }
    return asked;
  }

  Lsn reachableFrom(Lsn from) {
    Lsn position = from;
    while (true) {
      Lsn next = nextStop(position);
      if (!next.isAfter(position)) {
        return position;
      }
      position = next;
    }
  }

  /**
   * From {@code position} to where the file that is read there ends, or where a newer timeline's
   * first segment begins, from which on that one is asked first.
   */
  private Lsn nextStop(Lsn position) {
    for (Leg leg : asked(segmentStart(position))) {
      Optional<Stretch> file = fileAt(leg, position);
      if (file.isPresent()) {
        Lsn end = leg.limit(file.get().to());
        int next = legs.indexOf(leg) + 1;
        return next < legs.size() ? before(legs.get(next).first(), position, end) : end;
      }
    }
    return position;
  }

  private static Lsn before(Lsn mark, Lsn position, Lsn end) {
    return mark.isAfter(position) ? Lsn.min(mark, end) : end;
  }

  /**
   * The stretch that holds {@code position}, or else the one that holds the start of its segment: a
   * file that is there is read, also where it ends too early.
   */
  private Optional<Stretch> fileAt(Leg leg, Lsn position) {
    Lsn start = segmentStart(position);
    return holding(leg, position).or(() -> holding(leg, start));
  }

  private Optional<Stretch> holding(Leg leg, Lsn lsn) {
    return stretches(leg).stream()
        .filter(s -> s.from().compareTo(lsn) <= 0 && s.to().isAfter(lsn))
        .findFirst();
  }

  private List<Stretch> stretches(Leg leg) {
    return inventory.of(leg.timeline()).map(TimelineInventory::stretches).orElse(List.of());
  }

  Optional<WalGap> firstGap(Lsn from, Lsn to) {
    Lsn reached = reachableFrom(from);
    if (reached.isAtLeast(to)) {
      return Optional.empty();
    }
    Leg leg = legAt(reached);
    return recorded(leg, reached).or(() -> hole(leg, reached));
  }

  private Leg legAt(Lsn lsn) {
    return legs.stream()
        .filter(leg -> leg.end().isEmpty() || lsn.isBefore(leg.end().get()))
        .findFirst()
        .orElseGet(legs::getLast);
  }

  private Optional<WalGap> recorded(Leg leg, Lsn reached) {
    return inventory.of(leg.timeline()).stream()
        .flatMap(timeline -> timeline.gaps().stream())
        .filter(gap -> gap.from().compareTo(reached) <= 0 && gap.to().isAfter(reached))
        .findFirst();
  }

  /** Where there is something again after {@code reached} on this way, all before it is missing. */
  private Optional<WalGap> hole(Leg leg, Lsn reached) {
    Optional<Lsn> again =
        legs.stream()
            .filter(each -> each.timeline().compareTo(leg.timeline()) >= 0)
            .flatMap(each -> stretches(each).stream().map(s -> resume(each, s, reached)))
            .flatMap(Optional::stream)
            .min(Comparator.naturalOrder());
    return again.map(to -> new WalGap(leg.timeline(), reached, to, Instant.now(), WalGap.FOUND));
  }

  /** Where {@code stretch} goes on with the way after {@code reached}, if it does. */
  private static Optional<Lsn> resume(Leg leg, Stretch stretch, Lsn reached) {
    Lsn from = Lsn.max(stretch.from(), leg.first());
    Lsn to = leg.limit(stretch.to());
    return from.isAfter(reached) && from.isBefore(to) ? Optional.of(from) : Optional.empty();
  }
}
