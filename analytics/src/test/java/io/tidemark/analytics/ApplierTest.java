package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.analytics.BatchSimulation.Transaction;
import io.tidemark.config.TableSettings.Mode;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.TestCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that several sessions apply to one target, seen by another session. */
final class ApplierTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final SourceState STATE = new SourceState("tidemark", "school", "one");
  private static final int ROUNDS = 12;

  private static TestCluster cluster;
  private static PostgresSession seer;

  private final List<PostgresSession> sessions = new ArrayList<>();
  private @Nullable ApplyThreads threads;
  private MappedTable first;
  private MappedTable second;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start(17);
    seer = open();
    StateSchema.install(seer, "tidemark");
  }

  @AfterAll
  static void stop() {
    seer.close();
    cluster.close();
  }

  private static PostgresSession open() {
    return Sessions.target(
        PostgresEndpoint.to(new HostPort(cluster.host(), cluster.port()), "postgres", "postgres"));
  }

  @BeforeEach
  void makeTables() {
    seer.execute("DROP SCHEMA IF EXISTS school CASCADE");
    TargetTables.makeSchema(seer, "school");
    STATE.forgetAll(seer);
    STATE.beginFeed(seer, FeedRole.MAIN, "slot", "1", Map.of(), Lsn.ZERO);
    first = table("first", Mode.MIRROR);
    second = table("second", Mode.MIRROR);
  }

  @AfterEach
  void end() {
    if (threads != null) {
      threads.close();
    }
    sessions.forEach(PostgresSession::close);
  }

  private static MappedTable table(String name, Mode mode) {
    MappedTable table =
        BatchSimulation.table(new TableName("school", name), MappedTable.Kind.KEYED, mode, false);
    assertThat(new TargetTables("school").prepare(seer, table, false)).isEmpty();
    TargetIndexes.make(seer, table);
    return table;
  }

  /** The feed is level with its tables from its first batch on. */
  private ApplyThreads start(int workers, Duration patience) {
    ApplyOrder order = new ApplyOrder(Lsn.ZERO);
    List<Applier> appliers = new ArrayList<>();
    for (int i = 0; i < workers; i++) {
      PostgresSession session = open();
      session.execute("SET application_name = 'applier'");
      sessions.add(session);
      appliers.add(new Applier(order, session, STATE, FeedRole.MAIN, 1 << 20, patience));
    }
    ApplyThreads started = new ApplyThreads(order, appliers, "apply");
    threads = started;
    Batch nothing = new Batch();
    nothing.passed(new Lsn(1));
    hand(started, nothing);
    await().atMost(LIMIT).until(started::isIdle);
    return started;
  }

  private static void hand(ApplyThreads to, Batch batch) {
    await().atMost(LIMIT).pollInterval(Duration.ofMillis(1)).until(() -> to.offer(batch));
  }

  private static byte[] @Nullable [] row(int id, String body) {
    return BatchSimulation.bytes(new String[] {String.valueOf(id), "x", null, body});
  }

  private static Batch batch(long position) {
    Batch batch = new Batch();
    batch.ended(new Moment(new Lsn(position), Instant.ofEpochSecond(position)), new Lsn(position));
    return batch;
  }

  private Batch insertion(long position, MappedTable table, int id) {
    Batch batch = batch(position);
    batch.of(table, false).insert(row(id, "inserted"), at(position));
    return batch;
  }

  private static Batch update(long position, MappedTable table, int id, String body) {
    Batch batch = batch(position);
    batch.of(table, false).update(null, row(id, body), at(position));
    return batch;
  }

  private static Moment at(long position) {
    return new Moment(new Lsn(position), Instant.ofEpochSecond(position));
  }

  private static List<String> bodies(MappedTable table) {
    return seer.query(
        "SELECT id || ' ' || body AS line FROM " + table.target().quoted() + " ORDER BY id",
        row -> row.text("line"));
  }

  private static Lsn applied() {
    return STATE.feed(seer, FeedRole.MAIN).orElseThrow().applied();
  }

  /** How many appliers have written something and do nothing now, in a transaction. */
  private static long early() {
    return Long.parseLong(
        seer.value(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'applier' AND state"
                    + " = 'idle in transaction' AND backend_xid IS NOT NULL")
            .orElseThrow());
  }

  private static long waiting() {
    return Long.parseLong(
        seer.value(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'applier' AND"
                    + " wait_event_type = 'Lock'")
            .orElseThrow());
  }

  private static void awaitThat(BooleanSupplier condition) {
    await().atMost(LIMIT).until(condition::getAsBoolean);
  }

  /** A session that has the lock of a row of the first table, which the appliers need. */
  private PostgresSession lock(int id) {
    PostgresSession session = open();
    sessions.add(session);
    session.execute("BEGIN");
    session.query(
        "SELECT 1 FROM " + first.target().quoted() + " WHERE id = ? FOR UPDATE", _ -> 0, id);
    return session;
  }

  /** Hands over a batch that needs a lock, and gives the session that has it. */
  private PostgresSession block(ApplyThreads to, Batch batch) {
    PostgresSession locker = lock(1);
    hand(to, batch);
    awaitThat(() -> waiting() == 1);
    return locker;
  }

  private void fill(ApplyThreads to) {
    hand(to, insertion(10, first, 1));
    hand(to, insertion(20, second, 1));
    awaitThat(() -> applied().equals(new Lsn(20)));
  }

  @Test
  void whatDependsOnNothingIsWrittenBeforeItsTurnAndSeenInIt() {
    ApplyThreads started = start(3, LONG);
    fill(started);
    PostgresSession locker = block(started, update(30, first, 1, "changed"));
    hand(started, update(40, second, 1, "changed"));
    hand(started, insertion(50, first, 2));
    awaitThat(() -> early() == 2);
    assertThat(bodies(first)).containsExactly("1 inserted");
    assertThat(bodies(second)).containsExactly("1 inserted");
    assertThat(started.isIdle()).isFalse();
    assertThat(started.applied()).isEqualTo(new Lsn(20));
    locker.execute("COMMIT");
    awaitThat(() -> started.applied().equals(new Lsn(50)));
    assertThat(bodies(first)).containsExactly("1 changed", "2 inserted");
    assertThat(bodies(second)).containsExactly("1 changed");
    assertThat(applied()).isEqualTo(new Lsn(50));
  }

  @Test
  void aChangeOfARowWaitsForTheOneBeforeIt() {
    ApplyThreads started = start(2, LONG);
    fill(started);
    Batch both = update(30, first, 1, "changed");
    both.of(second, false).insert(row(2, "inserted"), at(30));
    PostgresSession locker = block(started, both);
    hand(started, update(40, second, 2, "changed"));
    // There is room for it when the one before it is taken.
    hand(started, insertion(50, second, 3));
    assertThat(early()).isZero();
    locker.execute("COMMIT");
    awaitThat(() -> started.applied().equals(new Lsn(50)));
    assertThat(bodies(second)).containsExactly("1 inserted", "2 changed", "3 inserted");
  }

  @Test
  void ofATableThatIsInBothTheOtherRowsComeEarly() {
    ApplyThreads started = start(2, LONG);
    fill(started);
    hand(started, insertion(25, second, 2));
    awaitThat(() -> started.applied().equals(new Lsn(25)));
    Batch both = update(30, first, 1, "changed");
    both.of(second, false).update(null, row(1, "changed"), at(30));
    PostgresSession locker = block(started, both);
    Batch next = update(40, second, 1, "changed again");
    next.of(second, false).update(null, row(2, "changed"), at(40));
    hand(started, next);
    awaitThat(() -> early() == 1);
    assertThat(bodies(second)).containsExactly("1 inserted", "2 inserted");
    locker.execute("COMMIT");
    awaitThat(() -> started.applied().equals(new Lsn(40)));
    assertThat(bodies(second)).containsExactly("1 changed again", "2 changed");
  }

  @Test
  void whatWaitsLongHoldsNoLockAndComesAllTheSame() {
    ApplyThreads started = start(2, Duration.ofSeconds(2));
    fill(started);
    PostgresSession locker = block(started, update(30, first, 1, "changed"));
    hand(started, update(40, second, 1, "changed"));
    awaitThat(() -> early() == 1);
    awaitThat(() -> early() == 0);
    // Nobody has it.
    seer.execute("ALTER TABLE " + second.target().quoted() + " ADD COLUMN more int");
    locker.execute("COMMIT");
    awaitThat(() -> started.applied().equals(new Lsn(40)));
    assertThat(bodies(second)).containsExactly("1 changed");
  }

  @Test
  void afterABatchThatFailsNoneIsCommitted() {
    seer.execute(
        "CREATE FUNCTION school.forbid() RETURNS trigger LANGUAGE plpgsql AS"
            + " $$BEGIN RAISE 'forbidden'; END$$");
    seer.execute(
        "CREATE TRIGGER t AFTER UPDATE ON "
            + first.target().quoted()
            + " FOR EACH ROW EXECUTE FUNCTION school.forbid()");
    ApplyThreads started = start(2, LONG);
    fill(started);
    PostgresSession locker = block(started, update(30, first, 1, "changed"));
    hand(started, update(40, second, 1, "changed"));
    awaitThat(() -> early() == 1);
    locker.execute("COMMIT");
    awaitThat(() -> hasFailed(started));
    assertThatThrownBy(started::applied).isInstanceOf(TableFailure.class);
    started.end(LIMIT);
    sessions.forEach(PostgresSession::close);
    assertThat(bodies(first)).containsExactly("1 inserted");
    assertThat(bodies(second)).containsExactly("1 inserted");
    assertThat(applied()).isEqualTo(new Lsn(20));
  }

  private static boolean hasFailed(ApplyThreads threads) {
    try {
      return threads.applied().equals(new Lsn(40));
    } catch (TableFailure e) {
      return true;
    }
  }

  /** The rest of a transaction says nothing of the parts that are written. */
  @Test
  void whatFollowsATransactionOfSeveralPartsWaitsForIt() {
    ApplyThreads started = start(2, LONG);
    fill(started);
    PostgresSession locker = lock(1);
    Batch part = insertion(30, second, 2);
    part.begins();
    hand(started, part);
    awaitThat(started::isIdle);
    hand(started, update(30, first, 1, "changed"));
    awaitThat(() -> waiting() == 1);
    hand(started, update(40, second, 2, "changed"));
    awaitThat(() -> early() == 0);
    locker.execute("COMMIT");
    awaitThat(() -> started.applied().equals(new Lsn(40)));
    assertThat(bodies(second)).containsExactly("1 inserted", "2 changed");
  }

  /** What fails because it comes too early is written again in its turn. */
  @Test
  void whatFailsBeforeItsTurnIsTriedAgainInIt() {
    ApplyThreads started = start(2, LONG);
    fill(started);
    hand(started, insertion(25, second, 7));
    awaitThat(() -> started.applied().equals(new Lsn(25)));
    // Looked at already, and a foreign key all the same.
    seer.execute("CREATE UNIQUE INDEX ON " + first.target().quoted() + " (id)");
    Batch parent = update(30, first, 1, "changed");
    parent.of(first, false).insert(row(3, "inserted"), at(30));
    PostgresSession locker = block(started, parent);
    hand(started, update(35, second, 7, "seen"));
    awaitThat(() -> early() == 1);
    locker.execute("COMMIT");
    awaitThat(() -> started.applied().equals(new Lsn(35)));
    seer.execute(
        "ALTER TABLE "
            + second.target().quoted()
            + " ADD FOREIGN KEY (id) REFERENCES "
            + first.target().quoted()
            + " (id) NOT VALID");
    Batch other = update(40, first, 1, "changed twice");
    other.of(first, false).insert(row(4, "inserted"), at(40));
    PostgresSession again = block(started, other);
    hand(started, insertion(50, second, 4));
    awaitThat(() -> early() == 0);
    again.execute("COMMIT");
    awaitThat(() -> started.applied().equals(new Lsn(50)));
    assertThat(bodies(second)).containsExactly("1 inserted", "4 inserted", "7 seen");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE UNIQUE INDEX ON %s (body)",
        "ALTER TABLE %s ADD FOREIGN KEY (id) REFERENCES school.parent",
        "CREATE TRIGGER t BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION"
            + " suppress_redundant_updates_trigger()",
        "ALTER TABLE %s ADD EXCLUDE USING btree (body WITH =)",
        "CREATE RULE r AS ON UPDATE TO %s DO ALSO SELECT 1",
        "CREATE TABLE school.child () INHERITS (%s)",
        "ALTER TABLE %s ALTER \"Part \"\"of\"\" it\" TYPE text COLLATE school.loose"
      })
  void aTableWhoseRowsDependOnOthersWaits(String change) {
    seer.execute("CREATE TABLE school.parent (id int PRIMARY KEY)");
    seer.execute(
        "CREATE COLLATION school.loose (provider = icu, locale = 'und', deterministic = false)");
    Independence independence = new Independence(seer);
    List<Batch> before = List.of(update(1, first, 1, "changed"));
    Batch batch = update(2, second, 1, "changed");
    assertThat(independence.of(batch, before).early()).hasSize(1);
    seer.execute(change.formatted(second.target().quoted()));
    assertThat(new Independence(seer).of(batch, before).early()).isEmpty();
  }

  @Test
  void anIndexWithTheWholeKeyMakesNoDifference() {
    seer.execute(
        "CREATE UNIQUE INDEX ON "
            + second.target().quoted()
            + " (body, id, \"Part \"\"of\"\" it\", _site)");
    Batch batch = update(2, second, 1, "changed");
    assertThat(new Independence(seer).of(batch, List.of(update(1, first, 1, "changed"))).early())
        .hasSize(1);
  }

  @Test
  void anythingButRowsKeepsWhatComesAfterItWaiting() {
    Batch truncated = batch(1);
    truncated.of(second, false).truncate(at(1));
    Batch part = update(1, first, 1, "changed");
    part.begins();
    Batch batch = update(2, second, 1, "changed");
    Independence independence = new Independence(seer);
    assertThat(independence.of(batch, List.of(truncated)).early()).isEmpty();
    assertThat(independence.of(batch, List.of(part)).early()).isEmpty();
    assertThat(independence.of(part, List.of(batch)).early()).isEmpty();
  }

  /**
   * Tables of all modes, batches cut anywhere: whoever looks sees what the source was after the
   * transaction that the position names.
   */
  @Test
  void theTargetIsAlwaysAsTheSourceWasAtItsPosition() {
    long seed = new Random().nextLong();
    for (int round = 0; round < ROUNDS; round++) {
      makeTables();
      List<MappedTable> tables =
          List.of(first, second, table("soft", Mode.SOFT_DELETE), table("past", Mode.HISTORY));
      everyStateIsOneOfTheSource(seed + round, tables);
      end();
    }
  }

  private void everyStateIsOneOfTheSource(long seed, List<MappedTable> tables) {
    List<List<Transaction>> histories =
        IntStream.range(0, tables.size())
            .mapToObj(i -> new BatchSimulation(seed + 31L * i, tables.get(i), false).run())
            .toList();
    ApplyThreads started = start(3, LONG);
    Random random = new Random(seed);
    Gatherer gatherer = new Gatherer(1 << 20, batch -> hand(started, batch));
    Map<Long, List<Transaction>> states = new TreeMap<>();
    Transaction[] last = new Transaction[tables.size()];
    long position = 0;
    for (int number = 0; number < histories.getFirst().size(); number++) {
      for (int i : shuffled(tables.size(), random)) {
        Transaction next = histories.get(i).get(number);
        gatherer.batch().begins();
        next.events().forEach(each -> each.to(gatherer, false, next.at()));
        position = next.at().commit().value() + i;
        last[i] = next;
        states.put(position, Arrays.asList(last.clone()));
        gatherer.batch().ended(next.at(), new Lsn(position));
        if (random.nextInt(3) > 0) {
          gatherer.cut();
          compare(seed, tables, states);
        }
      }
    }
    gatherer.cut();
    Lsn end = new Lsn(position);
    await()
        .atMost(LIMIT)
        .until(() -> compare(seed, tables, states).equals(end) && started.isIdle());
  }

  private static List<Integer> shuffled(int count, Random random) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    Collections.shuffle(order, random);
    return order;
  }

  private static Lsn compare(
      long seed, List<MappedTable> tables, Map<Long, List<Transaction>> states) {
    return seer.transaction(
        () -> {
          seer.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
          Lsn position = applied();
          List<Transaction> state = states.get(position.value());
          for (int i = 0; i < tables.size() && state != null; i++) {
            Transaction its = state.get(i);
            assertThat(TargetLines.of(seer, tables.get(i), "one"))
                .as("%s at %s with seed %d", tables.get(i).target(), position, seed)
                .isEqualTo(its == null ? List.of() : its.expected());
          }
          return position;
        });
  }
}
