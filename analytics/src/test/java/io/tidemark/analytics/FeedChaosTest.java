package io.tidemark.analytics;

import static org.awaitility.Awaitility.await;

import io.tidemark.testing.AnalyticsWorkload;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * SIGKILL of Tidemark, the source and the target at random points, while somebody writes. Every
 * round kills, starts again, lets it run on, and compares everything; between, whole transactions
 * must be seen at every look.
 *
 * <p>{@code -Dtidemark.chaos.rounds=50} for more rounds, {@code -Dtidemark.chaos.seed=7} for
 * others.
 */
final class FeedChaosTest {
  private static final long SECONDS = 30;

  /** What a round begins with. */
  private enum Trouble {
    /** Nothing but the changes. */
    FOLLOWING,
    /** Tables come in again, beside. */
    RESYNC,
    /** The slot is gone. */
    SLOT_GONE
  }

  private enum Victim {
    TIDEMARK,
    SOURCE,
    TARGET
  }

  private final long seed = Long.getLong("tidemark.chaos.seed", 4);
  private final SplittableRandom random = new SplittableRandom(seed);
  private final TreeMap<String, Integer> done = new TreeMap<>();

  @Test
  void killsAtRandomPointsNeitherTearNorLoseNorRepeatTransactions() {
    System.out.println("seed " + seed);
    long begun = System.nanoTime();
    int rounds = Integer.getInteger("tidemark.chaos.rounds", 0);
    try (TestCluster source =
            Warehouse.sourceBuilder(17).setting("logical_decoding_work_mem", "64kB").start();
        TestCluster target = TestCluster.builder(PostgresBinaries.of(16)).fsync(false).start();
        AnalyticsWorkload workload =
            AnalyticsWorkload.on(source, "app")
                .schema("shop")
                .seed(seed)
                .threads(2)
                .rate(60)
                .largeTransactionEvery(120)
                .start()) {
      workload.awaitMore(100);
      try (ChaosSite site = new ChaosSite(source, target, workload)) {
        for (int round = 1; goesOn(round, rounds, begun); round++) {
          round(site, round);
        }
      }
    }
    System.out.println("seed " + seed + ": " + done);
  }

  private boolean goesOn(int round, int rounds, long begun) {
    return rounds > 0
        ? round <= rounds
        : TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun) < SECONDS;
  }

  private void round(ChaosSite site, int round) {
    Trouble trouble = round <= 3 ? Trouble.FOLLOWING : trouble();
    boolean initial = round <= 3;
    String what = (initial ? "INITIAL_COPY" : trouble) + " ";
    switch (trouble) {
      case FOLLOWING -> {}
      case RESYNC -> resync(site);
      case SLOT_GONE -> dropSlot(site);
    }
    List<Victim> victims = victims(initial);
    if (initial || trouble != Trouble.FOLLOWING) {
      awaitCopy(site);
    }
    letRun(site, Duration.ofMillis(random.nextLong(2000)));
    what += victims + (site.isCopying() ? " copying" : "");
    System.out.println("round " + round + " " + what);
    done.merge(what, 1, Integer::sum);
    victims.forEach(victim -> kill(site, victim));
    victims.reversed().forEach(victim -> restart(site, victim));
    letRun(site, Duration.ofMillis(random.nextLong(2000)));
    if (round >= 3) {
      site.workload.pause();
      site.check();
      site.workload.resume();
    }
  }

  private Trouble trouble() {
    int choice = random.nextInt(10);
    return choice < 5 ? Trouble.FOLLOWING : choice < 8 ? Trouble.RESYNC : Trouble.SLOT_GONE;
  }

  private List<Victim> victims(boolean initial) {
    List<Victim> victims = new ArrayList<>();
    victims.add(initial ? Victim.TIDEMARK : Victim.values()[random.nextInt(3)]);
    if (random.nextInt(3) == 0) {
      Victim second = Victim.values()[random.nextInt(3)];
      if (!victims.contains(second)) {
        victims.add(second);
      }
    }
    return victims;
  }

  private void resync(ChaosSite site) {
    String pipeline = ChaosSite.PIPELINES.get(random.nextInt(2));
    List<String> tables =
        site
            .rows(
                "SELECT source_table FROM tidemark.table_state WHERE pipeline = '%s' ORDER BY 1"
                    .formatted(pipeline))
            .stream()
            .map(row -> String.valueOf(row.getFirst()))
            .toList();
    boolean all = random.nextInt(3) == 0;
    site.resync(pipeline, all ? "" : tables.get(random.nextInt(tables.size())));
  }

  private void dropSlot(ChaosSite site) {
    site.process.kill9();
    String slot = "tidemark_" + ChaosSite.PIPELINES.get(random.nextInt(2)) + "_one";
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> site.source.value("SELECT pg_drop_replication_slot('" + slot + "')") != null);
    site.process.startAgain();
  }

  private static void kill(ChaosSite site, Victim victim) {
    switch (victim) {
      case TIDEMARK -> site.process.kill9();
      case SOURCE -> site.source.kill9();
      case TARGET -> site.target.kill9();
    }
  }

  private static void restart(ChaosSite site, Victim victim) {
    switch (victim) {
      case TIDEMARK -> site.process.startAgain();
      case SOURCE -> site.source.start();
      case TARGET -> site.target.start();
    }
  }

  /** Not for ever: it may be over already. */
  private static void awaitCopy(ChaosSite site) {
    long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> site.hasCopyBegun() || System.nanoTime() - until >= 0);
  }

  /** And looks all the time. */
  private static void letRun(ChaosSite site, Duration time) {
    long until = System.nanoTime() + time.toNanos();
    await()
        .atMost(Duration.ofMinutes(1))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              site.look();
              return System.nanoTime() - until >= 0;
            });
  }
}
