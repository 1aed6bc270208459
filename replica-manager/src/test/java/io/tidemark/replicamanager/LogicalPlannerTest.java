package io.tidemark.replicamanager;

import static io.tidemark.replicamanager.LogicalSeen.ORDERS;
import static io.tidemark.replicamanager.LogicalSeen.orders;
import static io.tidemark.replicamanager.LogicalSeen.pattern;
import static io.tidemark.replicamanager.LogicalSeen.table;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.ChangeSettings.AddedColumn;
import io.tidemark.config.ChangeSettings.ChangedType;
import io.tidemark.config.ChangeSettings.DroppedColumn;
import io.tidemark.config.ChangeSettings.NewTable;
import io.tidemark.config.ChangeSettings.RenamedColumn;
import io.tidemark.config.TableSettings;
import io.tidemark.postgres.PublicationFilter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class LogicalPlannerTest {
  private static final TableName NOTES = TableName.parse("public.notes");
  private static final ChangeSettings HOLD =
      new ChangeSettings(
          AddedColumn.HOLD,
          DroppedColumn.HOLD,
          RenamedColumn.HOLD,
          ChangedType.HOLD,
          NewTable.HOLD);

  private static Arguments row(
      String about, String word, String why, Consumer<LogicalSeen> change) {
    return Arguments.of(about, word, why, change);
  }

  private static LogicalTable notes(LogicalTable.Identity identity, String... key) {
    return table(NOTES, identity, List.of(key), "id integer!", "body text");
  }

  static Stream<Arguments> decisions() {
    return Stream.of(
        row("all is well", "nothing", "with 1 tables", seen -> {}),
        row(
            "the source is away",
            "wait",
            "source is not reached: gone",
            seen -> seen.sourceSilence = Optional.of("gone")),
        row("the target is away", "wait", "gone", seen -> seen.targetSilence = Optional.of("gone")),
        row("WAL is not logical", "refuse", "wal_level = replica", s -> s.walLevel = "replica"),
        row("to pause", "disable", "by command", s -> s.wish = LogicalWish.PAUSED),
        row(
            "to pause while the source is away",
            "disable",
            "by command",
            seen -> {
              seen.wish = LogicalWish.PAUSED;
              seen.sourceSilence = Optional.of("gone");
            }),
        row(
            "paused",
            "nothing",
            "keeps WAL",
            seen -> {
              seen.wish = LogicalWish.PAUSED;
              seen.enabled = false;
            }),
        row("to resume", "enable", "is to run", seen -> seen.enabled = false),
        row("to drop", "drop", "by command", seen -> seen.wish = LogicalWish.DROPPED),
        row(
            "dropped, the source away",
            "wait",
            "not known: gone",
            seen -> {
              seen.fresh();
              seen.wish = LogicalWish.DROPPED;
              seen.sourceSilence = Optional.of("gone");
            }),
        row(
            "dropped, and the slot is left",
            "drop",
            "by command",
            seen -> {
              seen.fresh();
              seen.wish = LogicalWish.DROPPED;
              seen.slotStatus = Optional.of("reserved");
            }),
        row(
            "dropped",
            "nothing",
            "dropped",
            seen -> {
              seen.fresh();
              seen.wish = LogicalWish.DROPPED;
            }),
        row("the slot is lost", "rebuild", "is lost", s -> s.slotStatus = Optional.of("lost")),
        row("the slot is gone", "rebuild", "has no slot", s -> s.slotStatus = Optional.empty()),
        row(
            "an error stopped it, not due yet",
            "refuse",
            "3 so far",
            seen -> {
              seen.enabled = false;
              seen.errors = 3;
              seen.retry = Optional.of(LogicalSeen.AT.plusSeconds(5));
            }),
        row(
            "an error stopped it, due",
            "enable",
            "after 3 errors",
            seen -> {
              seen.enabled = false;
              seen.errors = 3;
              seen.retry = Optional.of(LogicalSeen.AT);
            }),
        row("no worker", "wait", "does not run", seen -> seen.runs = false),
        row(
            "copies",
            "wait",
            "0 of 1",
            seen -> seen.copies.put(ORDERS, new SubscriptionView.TableCopy("d", 5, 1))),
        row("first of all the table", "create-table", "lacks it", LogicalSeen::fresh),
        row(
            "a type before the table",
            "create-type",
            "lacks it",
            seen -> {
              seen.fresh();
              seen.types.add(new LogicalType("public.mood", "CREATE …", List.of("ok")));
            }),
        row(
            "an enum's new label",
            "create-type",
            "label fine",
            seen -> {
              seen.types.add(new LogicalType("public.mood", "CREATE …", List.of("ok", "fine")));
              seen.typesThere.put("public.mood", List.of("ok"));
            }),
        row(
            "then the publication",
            "publish",
            "not yet published",
            seen -> {
              seen.fresh();
              seen.there.add(orders("id integer!", "note text", "total numeric"));
              seen.kept.put(ORDERS, new LogicalState.Kept(false, false, false, Map.of()));
            }),
        row(
            "then slot and subscription",
            "subscribe",
            "no subscription yet",
            seen -> {
              seen.subscribed = false;
              seen.slotStatus = Optional.empty();
            }),
        row(
            "rows are left where nothing is subscribed to",
            "resync",
            "not followed for a while",
            seen -> {
              seen.subscribed = false;
              seen.filled.add(ORDERS);
            }),
        row(
            "rows of somebody else's",
            "publish",
            "not yet published: ",
            seen -> {
              seen.fresh();
              seen.there.add(orders("id integer!", "note text", "total numeric"));
              seen.filled.add(ORDERS);
            }),
        row(
            "rows of somebody else's, and a command wants a copy",
            "publish",
            "not yet published: ",
            seen -> {
              seen.fresh();
              seen.there.add(orders("id integer!", "note text", "total numeric"));
              seen.filled.add(ORDERS);
              seen.kept.put(ORDERS, new LogicalState.Kept(true, true, false, Map.of()));
            }),
        row(
            "a command wants a copy of every table",
            "resync",
            "every table is to be copied again by command",
            seen -> seen.resyncs.add(new LogicalWishes.Resync(7, Optional.empty()))),
        row(
            "published, and not subscribed to",
            "refresh",
            "public.orders",
            seen -> seen.copies.clear()),
        row(
            "no pattern matches it any more",
            "unpublish",
            "no pattern matches",
            seen -> seen.patterns(pattern("other.*", List.of(), Optional.empty()))),
        row(
            "no longer published",
            "refresh",
            "no longer published",
            seen -> {
              seen.patterns(pattern("other.*", List.of(), Optional.empty()));
              seen.published.clear();
            }),
        row(
            "a command wants a copy",
            "resync",
            "by command",
            seen -> seen.resyncs.add(new LogicalWishes.Resync(7, Optional.of(ORDERS)))),
        row(
            "to be copied again, published",
            "unpublish",
            "copied again",
            seen -> seen.kept.put(ORDERS, LogicalSeen.kept(true, false, seen.tables.getFirst()))),
        row(
            "to be copied again, not published",
            "refresh",
            "no longer published",
            seen -> {
              seen.kept.put(ORDERS, LogicalSeen.kept(true, false, seen.tables.getFirst()));
              seen.published.clear();
            }),
        row(
            "to be copied again, neither published nor subscribed to",
            "truncate",
            "copied again",
            seen -> {
              seen.kept.put(ORDERS, LogicalSeen.kept(true, false, seen.tables.getFirst()));
              seen.published.clear();
              seen.copies.clear();
              seen.filled.add(ORDERS);
            }),
        row(
            "another column list",
            "resync",
            "columns, filter or publication changed",
            seen -> seen.patterns(pattern("public.*", List.of("id", "note"), Optional.empty()))),
        row(
            "a type that binary does not fit",
            "configure",
            "binary = false",
            seen -> {
              seen.source(orders("id integer!", "note text", "total public.money"));
              seen.target(orders("id integer!", "note text", "total public.money"));
            }),
        row("binary from 16 on", "configure", "binary = false", seen -> seen.sourceMajor = 15),
        row(
            "a new table",
            "create-table",
            "lacks it",
            seen -> seen.source(notes(LogicalTable.Identity.KEY, "id"))),
        row(
            "a new table that failed is not in the way",
            "wait",
            "public.notes",
            seen -> {
              seen.source(notes(LogicalTable.Identity.KEY, "id"));
              seen.failures.put("public.notes", "no room");
            }),
        row(
            "a new table, held",
            "nothing",
            "new-table: hold",
            seen -> {
              seen.changes = HOLD;
              held(seen);
              seen.source(notes(LogicalTable.Identity.KEY, "id"));
            }),
        row(
            "without a key",
            "nothing",
            "neither primary key nor replica identity",
            seen -> seen.source(notes(LogicalTable.Identity.NONE))),
        row(
            "without a key since a while",
            "unpublish",
            "neither primary key nor replica identity",
            seen ->
                seen.source(table(ORDERS, LogicalTable.Identity.NONE, List.of(), "id integer!"))),
        row(
            "its inserts are no longer wanted",
            "unpublish",
            "neither primary key nor replica identity",
            seen -> {
              seen.source(notes(LogicalTable.Identity.NONE));
              seen.published.add(
                  new PublicationTable(
                      "tidemark_shop_app_append", NOTES, Set.of(), Optional.empty()));
            }),
        row(
            "a column list that lacks the identity",
            "unpublish",
            "lacks a column of its replica identity (id)",
            seen -> seen.patterns(pattern("public.*", List.of("note"), Optional.empty()))),
        row(
            "a column list with the whole row as identity",
            "unpublish",
            "REPLICA IDENTITY FULL",
            seen -> {
              seen.patterns(pattern("public.*", List.of("id"), Optional.empty()));
              seen.source(
                  table(ORDERS, LogicalTable.Identity.FULL, List.of(), "id integer!", "note text"));
            }),
        row(
            "a filter outside the identity",
            "unpublish",
            "reads total, which is not in its replica identity (id)",
            seen ->
                seen.filters.put(
                    ORDERS, new PublicationFilter.Usable("(total > 0)", Set.of("total", "id")))),
        row(
            "a filter that the server refuses",
            "unpublish",
            "syntax error",
            seen -> seen.filters.put(ORDERS, new PublicationFilter.Unusable("syntax error"))),
        row(
            "a new filter",
            "resync",
            "filter",
            seen ->
                seen.filters.put(ORDERS, new PublicationFilter.Usable("(id > 0)", Set.of("id")))),
        row(
            "a column that the configuration names and nobody has",
            "unpublish",
            "column gone",
            seen -> seen.patterns(pattern("public.*", List.of("id", "gone"), Optional.empty()))));
  }

  /** A pipeline whose columns are named one by one. */
  private static void held(LogicalSeen seen) {
    seen.published.clear();
    seen.published.add(
        new PublicationTable(
            "tidemark_shop_app", ORDERS, Set.of("id", "note", "total"), Optional.empty()));
  }

  @ParameterizedTest(name = "{0} → {1}")
  @MethodSource("decisions")
  void decides(String about, String word, String why, Consumer<LogicalSeen> change) {
    LogicalSeen seen = new LogicalSeen();
    change.accept(seen);

    LogicalDecision decision = seen.decision();

    assertThat(decision.word()).as(about + ": " + decision).isEqualTo(word);
    assertThat(decision.why()).contains(why);
    assertThat(LogicalDecision.WORDS).contains(word);
  }

  static Stream<Arguments> differences() {
    return Stream.of(
        Arguments.of(
            "added",
            orders("id integer!", "note text", "total numeric", "born date"),
            List.of("ADD COLUMN \"born\" date")),
        Arguments.of(
            "renamed",
            orders("id integer!", "remark text", "total numeric"),
            List.of("RENAME COLUMN \"note\" TO \"remark\"")),
        Arguments.of(
            "dropped and added with the same type",
            orders("id integer!", "", "total numeric", "remark text"),
            List.of("ADD COLUMN \"remark\" text")),
        Arguments.of(
            "of another type",
            orders("id bigint!", "note text", "total numeric"),
            List.of("ALTER COLUMN \"id\" TYPE bigint USING \"id\"::text::bigint")),
        Arguments.of("dropped", orders("id integer!", "note text"), List.of()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("differences")
  void altersTheTargetBeforeApplyStops(String about, LogicalTable source, List<String> changes) {
    LogicalSeen seen = new LogicalSeen();
    seen.source(source);

    if (changes.isEmpty()) {
      assertThat(seen.decision()).as(about).isInstanceOf(LogicalDecision.Nothing.class);
    } else {
      assertThat(seen.decision())
          .isInstanceOfSatisfying(
              LogicalDecision.AlterTable.class,
              alter -> assertThat(alter.changes()).isEqualTo(changes));
    }
  }

  @Test
  void letsARequiredColumnBeNullThatTheSourceHasNoMore() {
    LogicalSeen seen = new LogicalSeen();
    seen.source(orders("id integer!", "note text"));
    seen.target(orders("id integer!", "note text", "total numeric!"));

    assertThat(seen.decision())
        .isInstanceOfSatisfying(
            LogicalDecision.AlterTable.class,
            alter ->
                assertThat(alter.changes())
                    .containsExactly("ALTER COLUMN \"total\" DROP NOT NULL"));
  }

  @Test
  void dropsAColumnOfTheSourcesAndNotOneOfTheAnalysts() {
    LogicalSeen seen = new LogicalSeen();
    seen.changes =
        new ChangeSettings(
            AddedColumn.APPLY,
            DroppedColumn.APPLY,
            RenamedColumn.APPLY,
            ChangedType.APPLY,
            NewTable.APPLY);
    seen.source(orders("id integer!", "note text"));
    seen.target(orders("id integer!", "note text", "total numeric", "theirs text"));

    assertThat(seen.decision())
        .isInstanceOfSatisfying(
            LogicalDecision.AlterTable.class,
            alter -> assertThat(alter.changes()).containsExactly("DROP COLUMN \"total\""));
  }

  @Test
  void publishesNoNewColumnThatIsToWait() {
    LogicalSeen seen = new LogicalSeen();
    seen.changes = HOLD;
    held(seen);
    seen.source(orders("id integer!", "note text", "total numeric", "born date"));

    assertThat(seen.decision()).isInstanceOf(LogicalDecision.Nothing.class);
    assertThat(LogicalReporter.tables(seen.spec(), seen.observation()))
        .singleElement()
        .satisfies(table -> assertThat(table.reason()).contains("born"));
  }

  @Test
  void holdsWhatChangedWhereItIsToWaitUntilACommandAsks() {
    LogicalSeen seen = new LogicalSeen();
    seen.changes = HOLD;
    held(seen);
    seen.source(orders("id bigint!", "note text", "total numeric"));
    assertThat(seen.decision()).isInstanceOf(LogicalDecision.Unpublish.class);

    seen.kept.put(ORDERS, LogicalSeen.kept(true, true, seen.tables.getFirst()));
    seen.published.clear();
    seen.copies.clear();
    assertThat(seen.decision()).isInstanceOf(LogicalDecision.Truncate.class);

    seen.kept.put(ORDERS, LogicalSeen.kept(false, true, seen.tables.getFirst()));
    assertThat(seen.decision()).isInstanceOf(LogicalDecision.AlterTable.class);
  }

  @Test
  void takesInsertsAloneOfATableWithoutKeyWhereThatIsAllowed() {
    LogicalSeen seen = new LogicalSeen();
    seen.patterns(
        new TableSettings(
            "public.*",
            List.of(),
            Optional.empty(),
            Map.of(),
            TableSettings.Mode.MIRROR,
            Optional.empty(),
            TableSettings.WithoutKey.APPEND,
            Optional.empty()));
    LogicalTable notes = notes(LogicalTable.Identity.NONE);
    seen.source(notes);
    seen.target(notes);
    seen.kept.put(NOTES, LogicalSeen.kept(false, false, notes));

    assertThat(seen.decision())
        .isInstanceOfSatisfying(
            LogicalDecision.Publish.class,
            publish -> {
              assertThat(publish.publication()).isEqualTo("tidemark_shop_app_append");
              assertThat(publish.tables()).containsExactly("TABLE \"public\".\"notes\"");
            });
  }

  @Test
  void writesTablesWithColumnListsKeysAndGeneratedColumns() {
    LogicalTable table =
        new LogicalTable(
            1,
            ORDERS,
            LogicalTable.Identity.KEY,
            List.of("id"),
            List.of(
                new LogicalColumn(
                    1,
                    "id",
                    "integer",
                    true,
                    true,
                    true,
                    Optional.empty(),
                    false,
                    Optional.empty()),
                new LogicalColumn(
                    2,
                    "twice",
                    "integer",
                    true,
                    false,
                    true,
                    Optional.of("(id * 2)"),
                    true,
                    Optional.empty())),
            10);

    assertThat(LogicalDdl.create(table, Set.of(), 18))
        .isEqualTo(
            "CREATE TABLE \"public\".\"orders\" (\"id\" integer NOT NULL, \"twice\" integer"
                + " GENERATED ALWAYS AS ((id * 2)) VIRTUAL, PRIMARY KEY (\"id\"))");
    assertThat(LogicalDdl.create(table, Set.of(), 17)).doesNotContain("twice");
    assertThat(LogicalDdl.create(table, Set.of("id"), 18)).doesNotContain("twice");
  }

  @Test
  void givesOldRowsTheValueThatTheSourceKeepsAside() {
    LogicalColumn column =
        new LogicalColumn(
            4, "it's", "text", true, true, true, Optional.empty(), false, Optional.of("o'k\\"));

    assertThat(LogicalDdl.add(column))
        .isEqualTo("ADD COLUMN \"it's\" text DEFAULT  E'o''k\\\\'::text");
  }
}
