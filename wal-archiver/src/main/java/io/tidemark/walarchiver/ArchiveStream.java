package io.tidemark.walarchiver;

import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalEvent;
import io.tidemark.postgres.WalMessage;
import io.tidemark.postgres.WalMessage.EndOfTimeline;
import io.tidemark.postgres.WalMessage.KeepAlive;
import io.tidemark.postgres.WalMessage.WalData;
import io.tidemark.postgres.WalScanner;
import io.tidemark.postgres.WalSegment;
import io.tidemark.postgres.WalSource;
import io.tidemark.postgres.WalStream;
import io.tidemark.walarchiver.ArchiverStatus.State;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One stream of one timeline, from its start to its end or failure. One thread owns it: it reads,
 * checks, collects, decides what is put, and reports what is durable; the puts run on the
 * uploader's threads.
 */
final class ArchiveStream implements AutoCloseable {
  /** How long to wait for a message while puts are under way, whose return is to be reported. */
  private static final Duration SHORT_WAIT = Duration.ofMillis(5);

  /** And otherwise: how late a request to stop is noticed. */
  private static final Duration LONG_WAIT = Duration.ofMillis(100);

  /** Unsaved bytes after which the spool is written although more WAL is coming. */
  private static final int SPOOL_BYTES = 4 << 20;

  private final WalStream stream;
  private final SegmentPool pool;
  private final ArchiverState state;
  private final ArchiverListener listener;
  private final Optional<SpoolDrain> backlog;
  private final TailRule tailRule;
  private final PutQueue puts;
  private final StreamBeginning beginning;
  private final WalScanner scanner;
  private final DurableMark archived;
  private final DurableMark durable;
  private final Lsn from;
  private final StatusReports reports;

  private WalSegment next;
  private @Nullable OpenSegment open;
  private @Nullable SharedBuffer openBuffer;
  private @Nullable ByteBuffer held;
  private @Nullable EndOfTimeline end;
  private Lsn received;
  private Lsn spooled;
  private long tailAtNanos;

  /**
   * @param start where {@code stream} begins
   * @param backlog takes what is safe in the spool; empty where only the repository counts
   */
  ArchiveStream(
      ArchiverContext context,
      WalSource source,
      Start.Stream start,
      WalStream stream,
      Optional<SpoolDrain> backlog) {
    ArchiveSettings settings = context.settings();
    this.stream = stream;
    this.pool = context.pool();
    this.state = context.state();
    this.listener = context.listener();
    this.backlog = backlog;
    this.tailRule = new TailRule(settings.rpo());
    this.from = start.from();
    this.received = start.from();
    this.spooled = start.from();
    this.beginning = new StreamBeginning(context.archive(), source, start, backlog);
    this.next = beginning.first();
    this.archived = new DurableMark(beginning.archived());
    this.durable = new DurableMark(beginning.durable());
    this.reports =
        new StatusReports(stream, listener, settings.statusInterval(), durable, start.continues());
    this.tailAtNanos = System.nanoTime() - settings.rpo().toNanos();
    this.puts = new PutQueue(context);
    this.scanner = beginning.scanner(this::note, puts::tidyAfter);
    state.timeline = start.timeline();
    state.received = received;
    state.durable = durable.mark();
    state.state = State.STREAMING;
    listener.on(new ArchiverEvent.Streaming(start.timeline(), start.from(), durable.mark()));
  }

  /**
   * Receives, collects, seals, puts in order and advances: takes at most one message from the
   * server, waiting for it no longer than a tenth of a second.
   *
   * @return false when the timeline has ended, and everything of it is durable
   */
  boolean step() {
    advance();
    if (end != null) {
      return !endTimeline(end);
    }
    putTailIfDue();
    reports.reportIfDue(received);
    if (held != null && !collect(held)) {
      state.state = State.STALLED;
      puts.await(SHORT_WAIT);
      return true;
    }
    state.state = State.STREAMING;
    WalMessage message = stream.poll(patience());
    if (message != null) {
      reports.serverAnswered();
    }
    switch (message) {
      case null -> saveLocally();
      case WalData data -> receive(data);
      case KeepAlive keepAlive -> keepAlive(keepAlive);
      case EndOfTimeline ended -> beginEnd(ended);
    }
    return true;
  }

  /** Everything before it is durable, without a gap. */
  Lsn durable() {
    return durable.mark();
  }

  /** Whether anything has come from the server. */
  boolean hasReceived() {
    return received.isAfter(from);
  }

  /** After which timeline, and from where. Only once it has ended. */
  Optional<EndOfTimeline> end() {
    return Optional.ofNullable(end);
  }

  /**
   * Puts what is complete of the open segment, waits until it is durable or the time is over, and
   * reports.
   *
   * @param reportable whether the stream still works
   */
  void finish(Duration limit, boolean reportable) {
    long deadline = System.nanoTime() + limit.toNanos();
    for (advanceQuietly(); !isFinished() && System.nanoTime() - deadline < 0; advanceQuietly()) {
      if (open != null && !isTailBusy() && verified().isAfter(open.tailed())) {
        putTail(open, verified());
      }
      if (reportable) {
        reports.reportIfDue(received);
      }
      puts.await(SHORT_WAIT);
    }
    if (reportable) {
      reports.report(received);
    }
  }

  private boolean isFinished() {
    boolean failed = failure().isPresent() || Thread.currentThread().isInterrupted();
    boolean drained = puts.isDrained() && backlog.map(SpoolDrain::isDrained).orElse(true);
    return failed || (archived.mark().isAtLeast(verified()) && drained);
  }

  /** Gives up what has not returned. */
  @Override
  public void close() {
    puts.close();
    if (openBuffer != null) {
      openBuffer.release();
      openBuffer = null;
    }
    open = null;
    backlog.ifPresent(
        rest -> {
          rest.spool().close();
          rest.pump();
        });
  }

  // Receive, collect, seal

  private Duration patience() {
    boolean unsaved =
        received.isAfter(spooled) && backlog.map(b -> !b.spool().isFailing()).orElse(false);
    return unsaved ? Duration.ofMillis(1) : puts.isIdle() ? LONG_WAIT : SHORT_WAIT;
  }

  private void receive(WalData data) {
    if (!data.start().equals(received)) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          "the server sent WAL at " + data.start() + "; expected was " + received,
          "The stream is made again; report it if it happens more than once");
    }
    sawServerEnd(data.serverEnd());
    if (collect(data.data())) {
      saveLocallyIfMuch();
    }
  }

  /** False where the buffers are full: the rest is held until one is free. */
  private boolean collect(ByteBuffer data) {
    held = null;
    while (data.hasRemaining()) {
      OpenSegment segment = open != null ? open : openNext();
      if (segment == null) {
        held = data;
        return false;
      }
      int length = Math.min(segment.room(), data.remaining());
      ByteBuffer piece = data.slice(data.position(), length);
      data.position(data.position() + length);
      segment.append(piece.duplicate());
      // What it throws keeps the piece out of any tail: they end where the last good record does.
      scanner.feed(received, piece);
      received = segment.end();
      state.received = received;
      if (segment.isComplete()) {
        seal(segment);
      }
    }
    return true;
  }

  private @Nullable OpenSegment openNext() {
    Optional<ByteBuffer> buffer = pool.take();
    if (buffer.isEmpty()) {
      return null;
    }
    open =
        next.equals(beginning.first())
            ? beginning.open(buffer.get())
            : OpenSegment.begin(next, buffer.get());
    openBuffer = puts.share(open);
    next = next.next();
    return open;
  }

  private void seal(OpenSegment segment) {
    saveLocally();
    if (openBuffer != null) {
      if (backlog.isPresent() && spooled.equals(segment.end())) {
        puts.giveUpTail();
        backlog.get().add(SpoolDrain.Entry.of(segment));
      } else {
        puts.segment(segment, openBuffer);
      }
      openBuffer.release();
    }
    openBuffer = null;
    open = null;
  }

  private void note(WalEvent event) {
    if (open != null) {
      open.add(event);
    }
  }

  private void keepAlive(KeepAlive keepAlive) {
    sawServerEnd(keepAlive.serverEnd());
    if (keepAlive.replyRequested()) {
      reports.report(received);
    }
  }

  private void sawServerEnd(Lsn lsn) {
    if (lsn.isAfter(state.serverEnd)) {
      state.serverEnd = lsn;
    }
  }

  // Put

  private void putTailIfDue() {
    if (open == null) {
      return;
    }
    TailRule.Snapshot now =
        new TailRule.Snapshot(
            open.tailed(),
            verified(),
            open.segment().end(),
            state.serverEnd,
            isTailBusy(),
            puts.segmentsUnderWay() + backlog.map(SpoolDrain::size).orElse(0),
            Duration.ofNanos(System.nanoTime() - tailAtNanos));
    if (tailRule.isDue(now)) {
      putTail(open, verified());
    }
  }

  private void putTail(OpenSegment segment, Lsn to) {
    tailAtNanos = System.nanoTime();
    if (openBuffer != null) {
      puts.tail(segment.nextTail(to), openBuffer);
    }
  }

  /** With a spool a tail that hangs may hold one buffer, and not one in each segment to come. */
  private boolean isTailBusy() {
    return puts.tailUnderWay() || (backlog.isPresent() && puts.holdsTail());
  }

  /** Up to where records of the open segment are complete and checked. */
  private Lsn verified() {
    return Lsn.min(scanner.lastRecordEnd(), received);
  }

  // Advance

  private void advance() {
    if (failure().isPresent()) {
      throw failure().get();
    }
    advanceQuietly();
  }

  private Optional<TidemarkException> failure() {
    return puts.failure().or(() -> backlog.flatMap(SpoolDrain::failure));
  }

  private void advanceQuietly() {
    for (PutQueue.Returned put = puts.poll(); put != null; put = puts.poll()) {
      boolean moved = archived.returned(put.part().from(), put.part().to());
      durable.returned(put.part().from(), put.part().to());
      if (put.whole()) {
        WalSegment segment = put.part().segment();
        backlog.ifPresent(b -> b.spool().remove(segment));
      }
      if (moved) {
        puts.advancedTo(archived.mark());
      }
    }
    backlog.ifPresent(this::advanceBy);
    if (durable.mark().isAfter(state.durable)) {
      state.durable = durable.mark();
    }
  }

  private void advanceBy(SpoolDrain earlier) {
    earlier.pump();
    for (WalSegment put = earlier.poll(); put != null; put = earlier.poll()) {
      if (put.timeline().equals(next.timeline()) && archived.returned(put.start(), put.end())) {
        puts.advancedTo(archived.mark());
      }
    }
  }

  private void saveLocallyIfMuch() {
    if (received.minus(spooled) >= SPOOL_BYTES) {
      saveLocally();
    }
  }

  private void saveLocally() {
    if (backlog.isPresent() && open != null && open.end().isAfter(spooled)) {
      if (backlog.get().spool().save(open)) {
        spooled = open.end();
        durable.returned(open.segment().start(), spooled);
      }
    }
  }

  // The timeline's end

  private void beginEnd(EndOfTimeline ended) {
    if (!ended.switchPoint().equals(received)) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          "timeline %s ended at %s, the server sent it up to %s"
              .formatted(next.timeline(), ended.switchPoint(), received),
          "The stream is made again; report it if it happens more than once");
    }
    end = ended;
  }

  private boolean endTimeline(EndOfTimeline ended) {
    if (archived.mark().isAtLeast(ended.switchPoint())) {
      listener.on(
          new ArchiverEvent.TimelineEnded(next.timeline(), ended.next(), ended.switchPoint()));
      return true;
    }
    if (open != null && !isTailBusy() && received.isAfter(open.tailed())) {
      putTail(open, received);
    }
    puts.await(SHORT_WAIT);
    return false;
  }
}
