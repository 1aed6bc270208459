package io.tidemark.analytics;

import io.tidemark.analytics.SourceWishes.Request;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationSlotRow;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the analytics database true to one source. A turn looks, decides, and does one thing; while
 * the source is followed, a turn follows it for a moment. One thread takes the turns; any may ask
 * for the status. What a turn throws is tried again by the next.
 */
public final class Feed implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Feed.class);
  private static final Duration STEP = Duration.ofMillis(250);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final FeedSpec spec;
  private final SourceState state;
  private final FeedLinks links;
  private final FeedLease lease;
  private final FeedSlots slots;
  private final SourceHistory history;
  private final FeedLoader loader;
  private final FeedTables tables;
  private final DecodingMode mode;
  private final FeedStreams streams;
  private final UnsaidChanges unsaid;
  private final FeedTimes times;
  private final FeedVitals vitals = new FeedVitals();
  private volatile boolean ending;
  private FeedStreams.@Nullable Open open;
  private @Nullable FeedHeartbeat heartbeat;
  private @Nullable SideFeed side;
  private TableMapping mapping = new TableMapping(List.of(), List.of());
  private long lookedNanos;
  private long sideEndedNanos;

  public Feed(FeedSpec spec) {
    this(spec, FeedTimes.DEFAULT);
  }

  Feed(FeedSpec spec, FeedTimes times) {
    this(spec, times, new DecodingMode());
  }

  Feed(FeedSpec spec, FeedTimes times, DecodingMode mode) {
    this.spec = spec;
    this.mode = mode;
    this.state = spec.state();
    this.links = new FeedLinks(spec);
    this.lease = new FeedLease(spec);
    this.slots = new FeedSlots(spec, links);
    this.history = new SourceHistory(spec, links);
    this.loader = new FeedLoader(spec, links, () -> ending);
    this.tables = new FeedTables(spec);
    this.streams = new FeedStreams(spec, links, loader, vitals, mode);
    CatalogWatch catalog =
        new CatalogWatch(
            spec.viaRoot(),
            name ->
                spec.pipeline().tables().stream()
                    .anyMatch(rule -> rule.matches(name.schema(), name.table())),
            loader.publications().names());
    this.unsaid = new UnsaidChanges(spec, links, catalog, times.catalog());
    this.times = times;
    this.sideEndedNanos = System.nanoTime() - times.sideAgain().toNanos();
  }

  /** How it stands. For any thread. */
  public FeedStatus status() {
    return vitals.status();
  }

  /** In which form values come, once a stream was opened. For any thread. */
  Optional<ValueForm> form() {
    return vitals.form();
  }

  public FeedSpec spec() {
    return spec;
  }

  /** Lets a turn under way come to its end soon. For any thread. */
  public void end() {
    ending = true;
  }

  /**
   * Takes one turn.
   *
   * @return how long to wait before the next
   * @throws TidemarkException what could not be done; the next turn tries again
   */
  public Duration step() throws InterruptedException {
    try {
      Duration pause = open == null ? decide() : follow(open);
      vitals.failed(null);
      return pause;
    } catch (BinaryUnfit e) {
      LOG.info("{}: goes on with values as text: {}", spec.name(), e.getMessage());
      mode.unfit();
      stopFollowing();
      return Duration.ZERO;
    } catch (TableFailure e) {
      stopFollowing();
      isolate(e);
      return Duration.ZERO;
    } catch (TidemarkException e) {
      vitals.failed(e);
      stopFollowing();
      note(e);
      links.close();
      throw e;
    }
  }

  private void note(TidemarkException e) {
    try {
      mode.failed(e, links.decoded().currentWalLsn());
    } catch (TidemarkException unreachable) {
      e.addSuppressed(unreachable);
    }
  }

  // Deciding

  private Duration decide() throws InterruptedException {
    FeedDecision decision = FeedPlanner.decide(observe());
    vitals.decided(decision);
    switch (decision) {
      case FeedDecision.Wait _ -> {
        closeSide();
        closeHeartbeat();
        lease.close();
        return PAUSE;
      }
      case FeedDecision.Refuse refuse ->
          throw new TidemarkException(
              ErrorCode.CHECK_FAILED, spec.name() + ": " + refuse.why(), refuse.advice());
      case FeedDecision.Drop _ -> drop();
      case FeedDecision.Begin _ -> begin();
      case FeedDecision.CopyOn _ -> loader.copyOn(FeedRole.MAIN, copying());
      case FeedDecision.Rebuild rebuild -> rebuild(rebuild);
      case FeedDecision.Stream _ -> startFollowing();
    }
    return Duration.ZERO;
  }

  private FeedObservation observe() {
    PostgresSession target = links.target();
    Optional<String> wish = state.wishes().wish(target);
    if (wish.isPresent() && !wish.get().equals("paused")) {
      // First: what another process does meanwhile would make what is seen untrue.
      lease.require();
    }
    Optional<FeedRow> feed = state.feed(target, FeedRole.MAIN);
    vitals.seen(feed.orElse(null), state.tables(target));
    if (!wish.equals(Optional.of("running"))) {
      return new FeedObservation(wish, feed, Optional.empty(), "", "", Lsn.ZERO, Optional.empty());
    }
    PostgresSession source = links.decoded();
    Optional<ReplicationSlotRow> slot = slots.find(FeedRole.MAIN);
    String systemId = source.systemIdentifier().toString();
    Optional<FeedRow> comparable =
        feed.filter(row -> slot.isPresent() && row.systemId().equals(systemId));
    return new FeedObservation(
        wish,
        feed,
        slot,
        systemId,
        source.setting("wal_level").orElse("unknown"),
        source.currentWalLsn(),
        comparable.flatMap(history::departure));
  }

  private void begin() throws InterruptedException {
    mapping = loader.prepare(loader.publishable());
    vitals.refused(mapping.problems());
    if (mapping.tables().isEmpty()) {
      throw new TidemarkException(
          ErrorCode.CHECK_FAILED,
          "%s: no table can be taken; %s"
              .formatted(
                  spec.name(),
                  mapping.problems().isEmpty()
                      ? "no pattern matches any"
                      : mapping.problems().getFirst()),
          "tidemark analytics plan says more");
    }
    loader.begin(FeedRole.MAIN, mapping.tables());
  }

  private List<MappedTable> copying() {
    mapping = loader.prepare(loader.publishable());
    vitals.refused(mapping.problems());
    return state.tables(links.target()).stream()
        .filter(row -> row.isMain() && row.state() == TableState.COPYING)
        .flatMap(row -> mapping.table(row.name()).stream())
        .toList();
  }

  private void rebuild(FeedDecision.Rebuild rebuild) throws InterruptedException {
    LOG.warn("{}: {}; every table is brought in again", spec.name(), rebuild.why());
    vitals.rebuilt();
    closeSide();
    begin();
  }

  // Following

  private void startFollowing() {
    PostgresSession target = links.target();
    CatalogWatch.View before = unsaid.view();
    TableMapping wanted = loader.publishable();
    // First: what is not published now would seem to have been published all the time.
    tables.decide(target, wanted, before.published().keySet());
    mapping = loader.prepare(wanted);
    vitals.refused(mapping.problems());
    if (!unsaid.begin().hasShapesOf(before)) {
      return;
    }
    FeedRow feed = history.resumed(target, FeedRole.MAIN);
    open = streams.open(FeedRole.MAIN, feed, mapping);
    if (heartbeat == null) {
      heartbeat = new FeedHeartbeat(spec.primary(), spec.pipeline().heartbeat(), spec.name());
    }
    LOG.info(
        "{}: follows its source from {}, values in {} form",
        spec.name(),
        feed.applied(),
        vitals.form().orElse(ValueForm.TEXT).name().toLowerCase(Locale.ROOT));
  }

  private Duration follow(FeedStreams.Open following) throws InterruptedException {
    following.stream().step(STEP);
    missed(following);
    long now = System.nanoTime();
    if (ending || now - lookedNanos >= times.look().toNanos()) {
      lookedNanos = now;
      look();
    }
    return Duration.ZERO;
  }

  private void missed(FeedStreams.Open following) {
    following
        .takeMissing()
        .forEach(
            (table, rows) -> {
              LOG.warn(
                  "{}: {} rows that the source has changed were not in {}; what was known of them"
                      + " was put there. Somebody else writes to it, or it was put back: tidemark"
                      + " analytics verify",
                  spec.name(),
                  rows,
                  table);
              vitals.missed(rows);
            });
  }

  private void look() throws InterruptedException {
    PostgresSession target = links.target();
    if (ending || !state.wishes().wish(target).equals(Optional.of("running"))) {
      stopFollowing();
      return;
    }
    vitals.seen(state.feed(target, FeedRole.MAIN).orElse(null), state.tables(target));
    List<Request> requests = state.wishes().requests(target);
    if (!requests.isEmpty()) {
      stopFollowing();
      requests.forEach(request -> answer(target, request));
    }
    watch(target);
    tendSide(target);
  }

  private void watch(PostgresSession target) {
    FeedStreams.Open following = open;
    if (following == null) {
      return;
    }
    UnsaidChanges.Found found = unsaid.look(target, following.stream(), mapping);
    if (found.reshaped() || !found.partitioned().isEmpty()) {
      stopFollowing();
    }
    for (MappedTable table : found.partitioned()) {
      LOG.info(
          "{}: partitions of {} were truncated, attached or detached by themselves; it is brought"
              + " in again",
          spec.name(),
          table.name());
      tables.bringIn(target, table, "partitions of it were changed by themselves");
    }
  }

  private void answer(PostgresSession target, Request request) {
    boolean known = request.kind().equals("resync") || request.kind().equals("repair");
    if (!known) {
      state.wishes().answer(target, request, "refused: nothing is known of " + request.kind());
      return;
    }
    int planned = 0;
    for (TableRow row : state.tables(target)) {
      boolean meant = request.detail().isEmpty() || request.detail().equals(row.name().toString());
      Optional<MappedTable> table = mapping.table(row.name());
      if (meant && table.isPresent() && row.state() != TableState.COPYING) {
        tables.bringIn(target, table.get(), "a " + request.kind() + " was asked for");
        planned++;
      }
    }
    state.wishes().answer(target, request, planned == 0 ? "refused: no such table" : "planned");
  }

  // Tables that come in beside

  private void tendSide(PostgresSession target) throws InterruptedException {
    SideFeed beside = side;
    if (beside == null) {
      boolean rested = System.nanoTime() - sideEndedNanos >= times.sideAgain().toNanos();
      if (rested && hasSideWork(target)) {
        side = new SideFeed(spec, mode);
      }
      return;
    }
    FeedStreams.Open following = open;
    if (beside.isEnded()) {
      closeSide();
    } else if (following != null && beside.applied().isPresent()) {
      join(beside, following.stream().applied());
    }
  }

  private boolean hasSideWork(PostgresSession target) {
    return state.feed(target, FeedRole.SIDE).isPresent()
        || state.tables(target).stream()
            .anyMatch(
                row ->
                    (row.state() == TableState.PLANNED || !row.isMain())
                        && row.state() != TableState.HELD
                        && mapping.table(row.name()).isPresent());
  }

  /**
   * The side feed's tables go on in the main one. That stops for the moment which the other needs
   * to come level; what the main one meets of them up to there, they have already.
   */
  private void join(SideFeed beside, Lsn main) throws InterruptedException {
    Lsn distant = beside.applied().orElse(Lsn.ZERO);
    if (main.minus(distant) > spec.batchBytes()) {
      return;
    }
    FeedStreams.Open following = open;
    if (following == null) {
      return;
    }
    stopFollowing();
    PostgresSession target = links.target();
    Lsn applied = state.feed(target, FeedRole.MAIN).orElseThrow().applied();
    if (beside.finishAt(applied) && joined(target)) {
      closeSide();
      slots.drop(FeedRole.SIDE);
      sideEndedNanos = System.nanoTime() - times.sideAgain().toNanos();
    }
  }

  /** What the target says counts: a feed that broke off may have come further than it knows. */
  private boolean joined(PostgresSession target) {
    return target.transaction(
        () -> {
          Lsn main = state.lockApplied(target, FeedRole.MAIN).orElseThrow();
          Optional<Lsn> beside = state.lockApplied(target, FeedRole.SIDE);
          if (beside.isEmpty() || beside.get().isBefore(main)) {
            return false;
          }
          Lsn level = beside.get();
          for (TableRow row : state.tables(target)) {
            boolean follows =
                row.state() == TableState.STREAMING || row.state() == TableState.CATCHING_UP;
            if (!row.isMain() && follows) {
              state.join(target, row.name(), level);
            }
          }
          state.endFeed(target, FeedRole.SIDE);
          LOG.info("{}: what came in beside is level at {}", spec.name(), level);
          return true;
        });
  }

  private void closeSide() {
    SideFeed beside = side;
    side = null;
    if (beside != null) {
      beside.close();
      sideEndedNanos = System.nanoTime();
    }
  }

  // Failures and ends

  /** One table cannot take its changes: it waits, and the others go on. */
  private void isolate(TableFailure e) {
    PostgresSession target = links.target();
    MappedTable table = e.table();
    boolean mayOverlap =
        state.tables(target).stream()
            .anyMatch(
                row ->
                    row.name().equals(table.name())
                        && row.isFollowed()
                        && row.overlapUntil().isEmpty());
    if (e.isUniqueViolation() && table.isIdempotent() && mayOverlap) {
      LOG.warn(
          "{}: {} has rows that the source has inserted only now; they are replaced: {}",
          spec.name(),
          table.target(),
          e.getMessage());
      state.overlaps(target, table.name(), links.decoded().currentWalLsn());
      return;
    }
    new TableHolder(spec).hold(target, e);
  }

  private void stopFollowing() {
    FeedStreams.Open following = open;
    open = null;
    if (following != null) {
      unsaid.ends(following.stream());
      try (following) {
        following.stream().end();
      }
    }
  }

  private void drop() {
    closeSide();
    closeHeartbeat();
    slots.drop(FeedRole.SIDE);
    slots.drop(FeedRole.MAIN);
    loader.publications().drop(links.primary());
    state.forgetAll(links.target());
    LOG.info("{}: dropped; its rows stay in the target", spec.name());
  }

  @Override
  public void close() {
    end();
    stopFollowing();
    closeSide();
    closeHeartbeat();
    links.close();
    lease.close();
  }

  private void closeHeartbeat() {
    FeedHeartbeat beats = heartbeat;
    heartbeat = null;
    if (beats != null) {
      beats.close();
    }
  }
}
