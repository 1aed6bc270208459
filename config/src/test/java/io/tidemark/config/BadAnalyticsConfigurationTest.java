package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BadAnalyticsConfigurationTest {
  private static final Path FILE = Path.of("t.yaml");

  /** Lines 1 to 7; a replica r1 with the slot rs. */
  private static final String CLUSTERS =
      """
      repositories: {r: {type: posix, path: /b}}
      clusters:
        c: {repository: r, connection: {host: [db1, DB2]}}
        e: {repository: r, connection: {host: db2}, archive: {slot: as}}
        f: {repository: r, connection: {host: db3}}
      replicas:
        r1: {cluster: f, kind: read, directory: /x, port: 1, slot: rs}
      """;

  /** Line 13. */
  private static final String SOURCE = "      sources: {s: {cluster: c, database: app}}\n";

  /** Line 14. */
  private static final String TABLE = "      tables: {a.b: {columns: [id, x]}}\n";

  private static final String EXPECTED_MASK =
      "; expected a mask: drop, null, constant <value>, pseudonym, truncate-date"
          + " <year|quarter|month|week|day|hour>, keep-domain, keep-prefix <characters>, round"
          + " <step>, network <bits of IPv4>";

  private static final String EXPECTED_NAME =
      "; expected a name of 1 to 40 of a-z, 0-9 and _ that begins with a letter or _";

  private static Arguments file(String analytics, String... problems) {
    return Arguments.of(CLUSTERS + analytics, List.of(problems));
  }

  /** Keys of analytics on line 9. */
  private static Arguments analytics(String keys, String... problems) {
    return file(
        "analytics:\n  %s\n  target: {host: dwh}\n  pipelines:\n    p:\n".formatted(keys)
            + SOURCE
            + TABLE,
        problems);
  }

  /** Sources on line 13, tables on 14, keys of the pipeline on 15. */
  private static Arguments pipeline(String lines, String... problems) {
    return file(
        "analytics:\n  memory: 1GiB\n  target: {host: dwh}\n  pipelines:\n    p:\n" + lines,
        problems);
  }

  private static Arguments keys(String keys, String... problems) {
    return pipeline(SOURCE + TABLE + keys.indent(6), problems);
  }

  /** Sources on line 13. */
  private static Arguments sources(String sources, String... problems) {
    return pipeline("      sources: {" + sources + "}\n" + TABLE, problems);
  }

  /** Tables on line 14. */
  private static Arguments tables(String tables, String... problems) {
    return pipeline(SOURCE + "      tables: {" + tables + "}\n", problems);
  }

  /** An engine on line 13, then the rest. */
  private static Arguments nativeEngine(String lines, String... problems) {
    return pipeline("      engine: native\n" + lines, problems);
  }

  static List<Arguments> mistakesOfTheSection() {
    return List.of(
        file(
            "analytics:\n",
            "t.yaml:8:1: analytics.target: missing; expected how the analytics database is reached",
            "t.yaml:8:1: analytics.pipelines: missing; expected a section with at least one"
                + " pipeline"),
        file(
            "analytics:\n  target: {host: dwh}\n  pipelines:\n    p:\n",
            "t.yaml:11:5: analytics.pipelines.p.sources: missing; expected a section with at least"
                + " one source",
            "t.yaml:11:5: analytics.pipelines.p.tables: missing; expected a section with at least"
                + " one table, such as public.orders:"),
        analytics(
            "stat-schema: x",
            "t.yaml:9:3: analytics.stat-schema: unknown key; expected one of analysts, memory,"
                + " pipelines, pseudonym-key-file, spool-directory, state-schema, target; did you"
                + " mean \"state-schema\"?"),
        analytics(
            "state-schema: State",
            "t.yaml:9:17: analytics.state-schema: found \"State\"" + EXPECTED_NAME),
        analytics(
            "state-schema: pg_x",
            "t.yaml:9:17: analytics.state-schema: found \"pg_x\", which PostgreSQL keeps for"
                + " itself; expected another name"),
        analytics(
            "state-schema: analytics",
            "t.yaml:12:5: analytics.pipelines.p.schema: found \"analytics\", which is state-schema;"
                + " expected a schema of its own"),
        analytics(
            "memory: 1MiB",
            "t.yaml:9:11: analytics.memory: found 1MiB; expected a size from 64MiB to 64GiB"),
        analytics(
            "analysts: {group: pg_read_all_data}",
            "t.yaml:9:21: analytics.analysts.group: found \"pg_read_all_data\", which PostgreSQL"
                + " keeps for itself; expected a role's name"),
        analytics(
            "analysts: {materialized-views: {daily: {schedule: none}}}",
            "t.yaml:9:42: analytics.analysts.materialized-views.daily: found \"daily\"; expected"
                + " schema.name, such as reports.daily"),
        analytics(
            "analysts: {materialized-views: {a.b: {wait-limit: 2d}}}",
            "t.yaml:9:35: analytics.analysts.materialized-views.a.b.schedule: missing; expected a"
                + " Quartz cron expression of 6 or 7 fields (second minute hour day month weekday"
                + " [year]) such as \"0 0 2 * * ?\", or none",
            "t.yaml:9:53: analytics.analysts.materialized-views.a.b.wait-limit: found 2d; expected"
                + " a duration from 1s to 1d"),
        file(
            "analytics:\n  target: {host: db2, database: app}\n  pipelines:\n    p:\n"
                + SOURCE
                + TABLE,
            "t.yaml:9:33: analytics.target.database: found \"app\" on db2:5432, which is the source"
                + " p.s; expected a database that nothing is read from"),
        file(
            "analytics:\n  target: {host: s, port: 7}\n  pipelines:\n    p:\n"
                + "      sources: {s: {cluster: f, database: postgres, decode-from: {host: S, port:"
                + " 7}}}\n"
                + TABLE,
            "t.yaml:9:3: analytics.target.database: found \"postgres\" on s:7, which is the source"
                + " p.s; expected a database that nothing is read from"),
        file(
            "analytics:\n  target: {hst: dwh}\n  pipelines:\n    p:\n" + SOURCE + TABLE,
            "t.yaml:9:12: analytics.target.hst: unknown key; expected one of connect-timeout,"
                + " database, host, passfile, password-file, port, sslcert, sslkey, sslmode,"
                + " sslrootcert, statement-timeout, user; did you mean \"host\"?"));
  }

  static List<Arguments> mistakesOfPipelines() {
    return List.of(
        file(
            "analytics:\n  target: {host: dwh}\n  pipelines:\n    a-b:\n" + SOURCE + TABLE,
            "t.yaml:11:5: analytics.pipelines.a-b: found the name \"a-b\"" + EXPECTED_NAME),
        keys(
            "schema: information_schema",
            "t.yaml:15:15: analytics.pipelines.p.schema: found \"information_schema\", which"
                + " PostgreSQL keeps for itself; expected another name"),
        keys(
            "engine: nativ",
            "t.yaml:15:15: analytics.pipelines.p.engine: found \"nativ\"; expected one of merge,"
                + " native; did you mean \"native\"?"),
        keys(
            "label-columns: {site: Site}",
            "t.yaml:15:29: analytics.pipelines.p.label-columns.site: found \"Site\""
                + EXPECTED_NAME),
        keys(
            "label-columns: {site: _a, database: _a}",
            "t.yaml:15:22: analytics.pipelines.p.label-columns: found two labels in one column;"
                + " expected a column for each"),
        keys(
            "label-columns: {site: id}",
            "t.yaml:14:31: analytics.pipelines.p.tables.a.b.columns: found \"id\", which Tidemark"
                + " adds itself; expected another name for it in label-columns"),
        file(
            "analytics:\n  target: {host: dwh}\n  pipelines:\n    p:\n"
                + "      sources: {s: {cluster: c, database: app}, t: {cluster: c, database: b}}\n"
                + TABLE
                + "      label-columns: {}\n",
            "t.yaml:14:22: analytics.pipelines.p.label-columns: found none with 2 sources; expected"
                + " columns that tell their rows apart, or one source"),
        keys(
            "label-columns: {region: _region}",
            "t.yaml:13:17: analytics.pipelines.p.sources.s.labels: found no region, which"
                + " label-columns has; expected a value for it"),
        keys(
            "heartbeat: 1m",
            "t.yaml:15:18: analytics.pipelines.p.heartbeat: found 1m with freshness: 1m; expected"
                + " less than freshness"),
        keys(
            "batch-delay: 10s\nfreshness: 5s",
            "t.yaml:15:20: analytics.pipelines.p.batch-delay: found 10s with freshness: 5s;"
                + " expected less than freshness"),
        keys(
            "apply-workers: 17",
            "t.yaml:15:22: analytics.pipelines.p.apply-workers: found the number 17; expected a"
                + " number from 1 to 16"),
        keys(
            "copy: {workers: 0, rate: 1KiB/s, range: 1KiB}",
            "t.yaml:15:23: analytics.pipelines.p.copy.workers: found the number 0; expected a"
                + " number from 1 to 32",
            "t.yaml:15:32: analytics.pipelines.p.copy.rate: found 1KiB; expected a size from 64KiB"
                + " to 1TiB",
            "t.yaml:15:47: analytics.pipelines.p.copy.range: found 1KiB; expected a size from 1MiB"
                + " to 1TiB"),
        keys(
            "on-change: {new-table: appl}",
            "t.yaml:15:30: analytics.pipelines.p.on-change.new-table: found \"appl\"; expected one"
                + " of apply, hold, ignore; did you mean \"apply\"?"));
  }

  static List<Arguments> mistakesOfSources() {
    return List.of(
        sources(
            "s: {cluster: d, database: app}",
            "t.yaml:13:30: analytics.pipelines.p.sources.s.cluster: found \"d\", which is no"
                + " cluster of this file; expected one of c, e, f; did you mean \"c\"?"),
        sources(
            "s: {cluster: c}",
            "t.yaml:13:17: analytics.pipelines.p.sources.s.database: missing; expected text"),
        sources(
            "s: {cluster: c, database: app, labels: {site: \"\"}}",
            "t.yaml:13:63: analytics.pipelines.p.sources.s.labels.site: found no value; expected a"
                + " value that is not empty, such as miacademy"),
        sources(
            "s: {cluster: c, database: app, labels: {sit: x}}",
            "t.yaml:13:62: analytics.pipelines.p.sources.s.labels.sit: found \"sit\", which has no"
                + " column in label-columns; expected one of site, database; did you mean"
                + " \"site\"?"),
        sources(
            "s: {cluster: c, database: app}, t: {cluster: c, database: app, labels: {site: s}}",
            "t.yaml:13:88: analytics.pipelines.p.sources.t.labels: found those of s: s, app;"
                + " expected labels that tell their rows apart"),
        sources(
            "s: {cluster: c, database: app, decode-from: {host: sb, database: app}}",
            "t.yaml:13:82: analytics.pipelines.p.sources.s.decode-from.database: found it beside"
                + " the source's; expected it left out: it is the source's"),
        sources(
            "s: {cluster: c, database: app, slot: S}",
            "t.yaml:13:54: analytics.pipelines.p.sources.s.slot: found \"S\"; expected a slot name"
                + " of 1 to 58 of a-z, 0-9 and _"),
        sources(
            "s: {cluster: c, database: app, publication: \"0\"}",
            "t.yaml:13:61: analytics.pipelines.p.sources.s.publication: found \"0\"; expected a"
                + " name of 1 to 56 of a-z, 0-9 and _ that begins with a letter or _"),
        sources(
            "s: {cluster: c, database: app, slot: tidemark_c}",
            "t.yaml:13:54: analytics.pipelines.p.sources.s.slot: found tidemark_c, which archiving"
                + " c has; expected one of its own"),
        sources(
            "s: {cluster: c, database: app, slot: as}",
            "t.yaml:13:54: analytics.pipelines.p.sources.s.slot: found as, which archiving e has;"
                + " expected one of its own"),
        sources(
            "s: {cluster: f, database: app, slot: rs}",
            "t.yaml:13:54: analytics.pipelines.p.sources.s.slot: found rs, which replica r1 has;"
                + " expected one of its own"),
        sources(
            "s: {cluster: c, database: a, slot: x}, t: {cluster: e, database: b, slot: x_side}",
            "t.yaml:13:91: analytics.pipelines.p.sources.t.slot: found x_side, which source p.s"
                + " has; expected one of its own"),
        sources(
            "s: {cluster: c, database: a, publication: x}, t: {cluster: c, database: a,"
                + " publication: x}",
            "t.yaml:13:105: analytics.pipelines.p.sources.t.publication: found x, which source p.s"
                + " has; expected one of its own"),
        sources(
            "a-b: {cluster: c, database: a}, a_b: {cluster: c, database: b}",
            "t.yaml:13:49: analytics.pipelines.p.sources.a_b.slot: found tidemark_p_a_b, which"
                + " source p.a-b has; expected one of its own"));
  }

  static List<Arguments> mistakesOfTables() {
    return List.of(
        tables(
            "orders: {columns: id}",
            "t.yaml:14:16: analytics.pipelines.p.tables.orders: found the name \"orders\"; expected"
                + " schema.table such as public.orders, where * stands for any characters"),
        tables(
            "a.b: {mode: mirror, masks: {x: null}}",
            "t.yaml:14:16: analytics.pipelines.p.tables.a.b.columns: missing; expected text"),
        tables(
            "a.b: {columns: \"*\"}",
            "t.yaml:14:31: analytics.pipelines.p.tables.a.b.columns: found \"*\"; expected names:"
                + " what is not named does not leave the source"),
        tables(
            "a.b: {columns: [id, id]}",
            "t.yaml:14:31: analytics.pipelines.p.tables.a.b.columns: found a column twice; expected"
                + " each once"),
        tables(
            "a.b: {columns: [id, email], masks: {emial: \"null\"}}",
            "t.yaml:14:59: analytics.pipelines.p.tables.a.b.masks.emial: found \"emial\", which is"
                + " not among the columns; expected one of id, email; did you mean \"email\"?"),
        tables(
            "a.b: {columns: [id, x], masks: {x: pseudonim}}",
            "t.yaml:14:51: analytics.pipelines.p.tables.a.b.masks.x: found \"pseudonim\""
                + EXPECTED_MASK
                + "; did you mean \"pseudonym\"?"),
        tables(
            "a.b: {columns: [id, x], masks: {x: truncate-date mnth}}",
            "t.yaml:14:51: analytics.pipelines.p.tables.a.b.masks.x: found \"truncate-date mnth\""
                + EXPECTED_MASK
                + "; did you mean \"truncate-date month\"?"),
        tables(
            "a.b: {columns: [id, x], masks: {x: network 33}}",
            "t.yaml:14:51: analytics.pipelines.p.tables.a.b.masks.x: found \"network 33\""
                + EXPECTED_MASK),
        tables(
            "a.b: {columns: [id, x], masks: {x: 5}}",
            "t.yaml:14:51: analytics.pipelines.p.tables.a.b.masks.x: found the number 5"
                + EXPECTED_MASK),
        tables(
            "a.b: {columns: [id, x], masks: {x: pseudonym}}",
            "t.yaml:8:1: analytics.pseudonym-key-file: found none, and a mask that makes"
                + " pseudonyms; expected the file that holds their key"),
        tables(
            "a.b: {columns: x, masks: {x: drop}}",
            "t.yaml:14:41: analytics.pipelines.p.tables.a.b.masks: found that every column is"
                + " dropped; expected a column that is left, or the table left out"),
        tables(
            "a.b: {columns: x, target: B}",
            "t.yaml:14:42: analytics.pipelines.p.tables.a.b.target: found \"B\"" + EXPECTED_NAME),
        tables(
            "a.*: {columns: x, target: b}",
            "t.yaml:14:42: analytics.pipelines.p.tables.a.*.target: found one for all tables of"
                + " a.*; expected it only with the name of one table"),
        tables(
            "a.*: {columns: x}, a.b: {columns: x}",
            "t.yaml:14:40: analytics.pipelines.p.tables.a.b: found it below a.*, which matches"
                + " first; expected it above"),
        tables(
            "a.b: {columns: x}, c.b: {columns: x}",
            "t.yaml:14:35: analytics.pipelines.p.tables.c.b.target: found \"b\", which a.b has;"
                + " expected a name of its own"),
        tables(
            "a.b: {columns: _valid_to, mode: history}",
            "t.yaml:14:31: analytics.pipelines.p.tables.a.b.columns: found \"_valid_to\", which"
                + " Tidemark adds itself; expected mode: mirror for a table that has it"),
        tables(
            "a.b: {columns: x, mode: soft}",
            "t.yaml:14:40: analytics.pipelines.p.tables.a.b.mode: found \"soft\"; expected one of"
                + " mirror, soft-delete, history"),
        pipeline(
            SOURCE + TABLE + "    q:\n" + SOURCE + TABLE,
            "t.yaml:17:16: analytics.pipelines.q.tables.a.b.target: found b, which pipeline p has;"
                + " expected one of its own"));
  }

  static List<Arguments> mistakesWithTheNativeEngine() {
    return List.of(
        nativeEngine(
            "      sources: {s: {cluster: c, database: a}, t: {cluster: c, database: b}}\n" + TABLE,
            "t.yaml:14:16: analytics.pipelines.p.sources: found 2 with engine: native; expected one"
                + " source, or engine: merge"),
        nativeEngine(
            "      sources: {s: {cluster: c, database: a, labels: {site: x}}}\n" + TABLE,
            "t.yaml:14:54: analytics.pipelines.p.sources.s.labels: found labels with engine:"
                + " native; expected none, or engine: merge"),
        nativeEngine(
            SOURCE
                + "      tables: {a.b: {columns: x, masks: {x: null}, mode: history, target: t}}\n",
            "t.yaml:15:41: analytics.pipelines.p.tables.a.b.masks: found masks with engine: native;"
                + " expected none, or engine: merge",
            "t.yaml:15:58: analytics.pipelines.p.tables.a.b.mode: found \"history\" with engine:"
                + " native; expected mirror, or engine: merge",
            "t.yaml:15:75: analytics.pipelines.p.tables.a.b.target: found a name with engine:"
                + " native; expected none: it is that at the source; or engine: merge"),
        nativeEngine(
            SOURCE + TABLE + "      schema: x\n      label-columns: {site: s}\n",
            "t.yaml:16:15: analytics.pipelines.p.schema: found it with engine: native; expected it"
                + " left out, or engine: merge",
            "t.yaml:17:22: analytics.pipelines.p.label-columns: found it with engine: native;"
                + " expected it left out, or engine: merge"));
  }

  @ParameterizedTest
  @MethodSource({
    "mistakesOfTheSection",
    "mistakesOfPipelines",
    "mistakesOfSources",
    "mistakesOfTables",
    "mistakesWithTheNativeEngine"
  })
  void aMistakeIsFoundWhereItStands(String yaml, List<String> problems) {
    ConfigException e =
        catchThrowableOfType(ConfigException.class, () -> Configuration.parse(FILE, yaml));

    assertThat(e).as(yaml).isNotNull();
    assertThat(e.problems().stream().map(Problem::toString).toList())
        .containsExactlyElementsOf(problems);
  }

  @Test
  void aClusterWithAMistakeIsStillACluster() {
    String yaml =
        CLUSTERS.replace("slot: as", "slot: AS")
            + "analytics:\n  target: {host: dwh}\n  pipelines:\n    p:\n"
            + SOURCE.replace("cluster: c", "cluster: e")
            + TABLE;

    ConfigException e =
        catchThrowableOfType(ConfigException.class, () -> Configuration.parse(FILE, yaml));

    assertThat(e.problems()).extracting(Problem::key).containsExactly("clusters.e.archive.slot");
  }
}
