package io.tidemark.analytics;

import io.tidemark.analytics.TableComparison.Difference;
import io.tidemark.analytics.TableComparison.Position;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresException;
import io.tidemark.postgres.PostgresSession;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Compares the tables of a source with its rows in the target while the feed runs: a chunk of the
 * source, then, when the feed has passed what the source showed, the same of the target. What
 * differs is looked at again. Nothing waits for it, and no snapshot is kept for longer than a
 * chunk.
 */
public final class TableVerifier {
  /** Of one statement. */
  private static final Duration LIMIT = Duration.ofHours(1);

  /** Of one table; beyond it there is no use in counting. */
  private static final long MOST_DIFFERENCES = 10_000;

  /** Sums of whole tables that change meanwhile are taken again. */
  private static final int SUMS = 3;

  private static final int EXAMPLE_CHARACTERS = 120;

  private final Supplier<VerifiedFeed> feeds;

  /** Of the merge engine. */
  public TableVerifier(FeedSpec spec) {
    this.feeds = () -> new MergedFeed(spec);
  }

  /** Of PostgreSQL's own subscription. */
  public TableVerifier(SubscribedFeed feed) {
    this.feeds = () -> feed;
  }

  /** What a run has at hand. */
  private record Run(
      VerifiedFeed feed,
      VerificationState saved,
      PostgresSession source,
      PostgresSession target,
      VerificationPoint point,
      Throttle throttle,
      Budget budget,
      Consumer<TableVerification> progress) {}

  /** What a run may still do. */
  private static final class Budget {
    private final long endNanos;
    private final boolean timed;
    private long rows;

    Budget(VerificationLimits limits) {
      this.rows = limits.rows().orElse(Long.MAX_VALUE);
      this.timed = limits.time().isPresent();
      this.endNanos = System.nanoTime() + limits.time().orElse(Duration.ZERO).toNanos();
    }

    void spend(long count) {
      rows -= count;
    }

    boolean isSpent() {
      return rows <= 0 || (timed && System.nanoTime() - endNanos >= 0);
    }
  }

  /**
   * Compares, and leaves the result in the target's state tables.
   *
   * @param only that table; empty: all that follow the source
   * @param progress gets what is found of a table so far, after each chunk
   * @throws TidemarkException CHECK_FAILED where the feed has not begun, USAGE for an unknown
   *     table, TIMED_OUT where the feed does not move
   */
  public VerificationReport verify(
      Optional<TableName> only, VerificationLimits limits, Consumer<TableVerification> progress) {
    try (VerifiedFeed feed = feeds.get();
        PostgresSession source = feed.openSource();
        PostgresSession target = feed.openTarget()) {
      Run run =
          new Run(
              feed,
              feed.saved(),
              source,
              target,
              new VerificationPoint(source, target, feed),
              new Throttle(limits.bytesPerSecond()),
              new Budget(limits),
              progress);
      return source.within(LIMIT, () -> target.within(LIMIT, () -> verify(run, only, limits)));
    }
  }

  private static VerificationReport verify(
      Run run, Optional<TableName> only, VerificationLimits limits) {
    List<TableName> all = run.feed().tables(run.target());
    Map<TableName, VerificationState.Saved> before = run.saved().read(run.target());
    List<TableName> names =
        run.saved().oldestFirst(run.target(), all).stream()
            .filter(name -> only.isEmpty() || only.get().equals(name))
            .toList();
    if (only.isPresent() && names.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "%s has no table %s".formatted(run.feed().name(), only.get()),
          "tidemark analytics status lists its tables, as schema.table");
    }
    List<TableVerification> found = new ArrayList<>();
    for (TableName name : names) {
      if (run.budget().isSpent()) {
        break;
      }
      found.add(
          verify(run, name, Optional.ofNullable(limits.isRolling() ? before.get(name) : null)));
    }
    return new VerificationReport(found);
  }

  private static TableVerification verify(
      Run run, TableName name, Optional<VerificationState.Saved> former) {
    TableVerification begun = TableVerification.begun(name);
    Optional<String> unfit = run.feed().unfit(run.target(), name);
    if (unfit.isPresent()) {
      return begun.noting("not compared: " + unfit.get());
    }
    MappedTable table = run.feed().table(run.target(), name).orElseThrow();
    try {
      TableVerification found =
          TableComparison.suits(table) ? rows(run, table, former) : sums(run, table);
      // What was resynced or held meanwhile has differed rightly.
      return run.feed()
          .unfit(run.target(), name)
          .map(why -> begun.noting("not compared: meanwhile " + why))
          .orElse(found);
    } catch (PostgresException e) {
      if (e.code() != ErrorCode.POSTGRES_REFUSED) {
        throw e;
      }
      // It may have been altered or dropped; the others can be compared all the same.
      return begun.noting("not compared: a server refused: " + e.getMessage());
    }
  }

  // By key

  private static TableVerification rows(
      Run run, MappedTable table, Optional<VerificationState.Saved> former) {
    TableComparison comparison =
        new TableComparison(
            table,
            ComparedSide.source(run.source(), table, run.throttle()),
            ComparedSide.target(run.target(), table, run.throttle()),
            run.point()::await);
    VerificationRecheck recheck = new VerificationRecheck(comparison, run.point());
    Optional<Position> next =
        former
            .flatMap(VerificationState.Saved::position)
            .flatMap(text -> VerificationState.position(text, table.key().size()));
    TableVerification found =
        next.isPresent()
            ? former.orElseThrow().found().noting("")
            : TableVerification.begun(table.name());
    next = next.or(() -> Optional.of(comparison.begin()));
    while (next.isPresent() && !run.budget().isSpent()) {
      TableComparison.Chunk chunk = comparison.next(next.get());
      VerificationRecheck.Outcome outcome = recheck.check(chunk.differences());
      next = chunk.next();
      found = found.plus(counted(table, chunk.rows(), outcome, next.isEmpty()));
      if (found.differences() >= MOST_DIFFERENCES && next.isPresent()) {
        found = found.noting("so many rows differ that the rest was not compared");
        next = Optional.empty();
      }
      run.saved().save(run.target(), found, next);
      run.budget().spend(chunk.read());
      run.progress().accept(found);
    }
    return found;
  }

  private static TableVerification counted(
      MappedTable table, long rows, VerificationRecheck.Outcome outcome, boolean complete) {
    long missing = 0;
    long surplus = 0;
    List<String> examples = new ArrayList<>();
    for (Difference difference : outcome.confirmed()) {
      missing += difference.target() == null ? 1 : 0;
      surplus += difference.source() == null ? 1 : 0;
      if (examples.size() < TableVerification.EXAMPLES) {
        examples.add(example(table, difference));
      }
    }
    return new TableVerification(
        table.name(),
        complete,
        rows,
        missing,
        surplus,
        outcome.confirmed().size() - missing - surplus,
        outcome.undecided(),
        examples,
        "");
  }

  private static String example(MappedTable table, Difference difference) {
    String kind =
        difference.target() == null
            ? "missing"
            : difference.source() == null ? "surplus" : "different";
    StringJoiner key = new StringJoiner(", ", kind + ": ", "");
    for (int i = 0; i < table.key().size(); i++) {
      byte @Nullable [] value = difference.key().values()[i];
      key.add(
          table.key().get(i)
              + " = "
              + (value == null ? "NULL" : new String(value, StandardCharsets.UTF_8)));
    }
    String text = key.toString().replaceAll("\\p{Cntrl}", "?");
    return text.length() <= EXAMPLE_CHARACTERS ? text : text.substring(0, EXAMPLE_CHARACTERS) + "…";
  }

  // As a whole

  /** Equal or not is all that can be said: different rows cannot be named. */
  private static TableVerification sums(Run run, MappedTable table) {
    ComparedSide source = ComparedSide.source(run.source(), table, run.throttle());
    ComparedSide target = ComparedSide.target(run.target(), table, run.throttle());
    TableVerification found =
        TableVerification.begun(table.name())
            .noting(
                "not decided: it changed all the while, and its rows have no key to be found by");
    TableSum before = TableSum.of(source);
    for (int i = 0; i < SUMS; i++) {
      run.point().await();
      TableSum theirs = TableSum.of(target);
      TableSum after = TableSum.of(source);
      if (theirs.equals(before) || theirs.equals(after)) {
        found = summed(table, theirs.rows(), 0, 0, 0, "");
        break;
      }
      if (before.equals(after)) {
        long more = theirs.rows() - after.rows();
        found =
            summed(
                table,
                after.rows(),
                Math.max(0, -more),
                Math.max(0, more),
                more == 0 ? 1 : 0,
                "its rows have no key to be found by, so which ones differ is not known");
      }
      before = after;
    }
    run.saved().save(run.target(), found, Optional.empty());
    run.budget().spend(found.rows());
    run.progress().accept(found);
    return found;
  }

  private static TableVerification summed(
      MappedTable table, long rows, long missing, long surplus, long different, String note) {
    return new TableVerification(
        table.name(), true, rows, missing, surplus, different, 0, List.of(), note);
  }
}
