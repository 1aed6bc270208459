package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.config.PipelineSettings.Engine;
import io.tidemark.config.PipelineSettings.Partitions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnalyticsConfigurationTest {
  private static final Path FILE = Path.of("t.yaml");

  private static final String CLUSTERS =
      """
      repositories: {r: {type: posix, path: /b}}
      clusters:
        c: {repository: r, connection: {host: db, user: reader, password-file: /s/pw}}
      """;

  private static final String SMALLEST =
      CLUSTERS
          + """
          analytics:
            target: {host: dwh}
            pipelines:
              p:
                sources: {my-site: {cluster: c, database: app}}
                tables: {public.orders: {columns: id}}
          """;

  private static AnalyticsSettings read(String yaml) {
    return Configuration.parse(FILE, yaml).requireAnalytics();
  }

  private static TableSettings table(String pattern, String keys) {
    String table = "tables: {\"%s\": {columns: [id, x], %s}}".formatted(pattern, keys);
    return read(SMALLEST
            .replace("tables: {public.orders: {columns: id}}", table)
            .replace("target:", "pseudonym-key-file: /k\n  target:"))
        .pipeline("p")
        .tables()
        .getFirst();
  }

  @Test
  void aFileWithoutTheSectionHasNoAnalyticsDatabase() {
    Configuration configuration = Configuration.parse(FILE, CLUSTERS);

    assertThat(configuration.analytics()).isEmpty();
    TidemarkException e =
        catchThrowableOfType(TidemarkException.class, configuration::requireAnalytics);
    assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
    assertThat(e)
        .hasMessage("there is no analytics database in t.yaml; expected a section analytics");
  }

  @Test
  void whatIsNotWrittenHasItsDefault() {
    AnalyticsSettings analytics = read(SMALLEST);

    assertThat(analytics.target().hosts()).containsExactly("dwh");
    assertThat(analytics.target().user()).isEqualTo("tidemark");
    assertThat(analytics.stateSchema()).isEqualTo("tidemark");
    assertThat(analytics.pseudonymKeyFile()).isEmpty();
    assertThat(analytics.memoryBytes()).isEqualTo(256 << 20);
    assertThat(analytics.spoolDirectory()).isEqualTo(Path.of("/var/lib/tidemark/analytics"));
    assertThat(analytics.analysts()).isEqualTo(new AnalystSettings("analysts", Map.of()));
    assertThat(analytics.pipeline("p"))
        .isEqualTo(
            new PipelineSettings(
                "p",
                Engine.MERGE,
                "analytics",
                Map.of("site", "_site", "database", "_database"),
                Map.of(
                    "my-site",
                    new SourceSettings(
                        "my-site",
                        "c",
                        "app",
                        Map.of(),
                        Optional.empty(),
                        "tidemark_p_my_site",
                        "tidemark_p_my_site")),
                List.of(
                    new TableSettings(
                        "public.orders",
                        List.of("id"),
                        Optional.empty(),
                        Map.of(),
                        TableSettings.Mode.MIRROR,
                        Optional.empty(),
                        TableSettings.WithoutKey.REFUSE,
                        Optional.empty())),
                Partitions.ROOT,
                ChangeSettings.defaults(),
                new PipelineSettings.Copy(2, OptionalLong.empty(), 64 << 20),
                Duration.ofSeconds(1),
                Duration.ofMinutes(1),
                Duration.ofMillis(100),
                2,
                true));
  }

  @Test
  void theDefaultLabelsLeadTheKeyAsSiteThenDatabase() {
    PipelineSettings pipeline = read(SMALLEST).pipeline("p");

    assertThat(pipeline.labelColumns().values()).containsExactly("_site", "_database");
    assertThat(pipeline.source("my-site").label("site")).isEqualTo("my-site");
    assertThat(pipeline.source("my-site").label("database")).isEqualTo("app");
  }

  @Test
  void theSpoolIsInTheStateDirectory() {
    assertThat(read("state-directory: /srv/state\n" + SMALLEST).spoolDirectory())
        .isEqualTo(Path.of("/srv/state/analytics"));
  }

  @Test
  void theSectionIsReadToItsLastKey() {
    AnalyticsSettings analytics = read(ConfigurationTest.EVERYTHING);

    assertThat(analytics.target().database()).isEqualTo("warehouse");
    assertThat(analytics.stateSchema()).isEqualTo("tidemark_own");
    assertThat(analytics.pseudonymKeyFile()).contains(new SecretFile(Path.of("/s/pseudonym")));
    assertThat(analytics.memoryBytes()).isEqualTo(512 << 20);
    assertThat(analytics.spoolDirectory()).isEqualTo(Path.of("/var/spool/analytics"));
    assertThat(analytics.analysts())
        .isEqualTo(
            new AnalystSettings(
                "readers",
                Map.of(
                    "reports.daily",
                    new AnalystSettings.Refresh(
                        Optional.of("0 */5 * * * ?"), Duration.ofMinutes(1), false))));
    PipelineSettings school = analytics.pipeline("school");
    assertThat(school.engine()).isEqualTo(Engine.MERGE);
    assertThat(school.schema()).isEqualTo("school");
    assertThat(school.labelColumns())
        .containsExactly(Map.entry("site", "_where"), Map.entry("region", "_region"));
    assertThat(school.partitions()).isEqualTo(Partitions.LEAF);
    assertThat(school.onChange())
        .isEqualTo(
            new ChangeSettings(
                ChangeSettings.AddedColumn.APPLY,
                ChangeSettings.DroppedColumn.APPLY,
                ChangeSettings.RenamedColumn.IGNORE,
                ChangeSettings.ChangedType.HOLD,
                ChangeSettings.NewTable.IGNORE));
    assertThat(school.copy())
        .isEqualTo(new PipelineSettings.Copy(4, OptionalLong.of(20 << 20), 64 << 20));
    assertThat(school.heartbeat()).isEqualTo(Duration.ofSeconds(2));
    assertThat(school.freshness()).isEqualTo(Duration.ofSeconds(30));
    assertThat(school.batchDelay()).isZero();
    assertThat(school.failoverSlots()).isFalse();
  }

  @Test
  void aSourceIsReadToItsLastKey() {
    PipelineSettings school = read(ConfigurationTest.EVERYTHING).pipeline("school");

    SourceSettings always = school.source("always");
    assertThat(always.cluster()).isEqualTo("a");
    assertThat(always.database()).isEqualTo("app");
    assertThat(always.labels())
        .containsExactly(Map.entry("site", "alw"), Map.entry("region", "49"));
    assertThat(always.slot()).isEqualTo("own_logical");
    assertThat(always.publication()).isEqualTo("own_publication");
    assertThat(school.source("other").label("site")).isEqualTo("other");
    assertThat(school.source("other").slot()).isEqualTo("tidemark_school_other");
  }

  @Test
  void aStandbyTakesWhatItLeavesOutFromTheCluster() {
    SourceSettings always = read(ConfigurationTest.EVERYTHING).pipeline("school").source("always");

    ConnectionSettings standby = always.decodeFrom().orElseThrow();
    assertThat(standby.hosts()).containsExactly("h4");
    assertThat(standby.port()).isEqualTo(5435);
    assertThat(standby.user()).isEqualTo("u");
    assertThat(standby.passwordFile()).contains(new SecretFile(Path.of("/s/pw")));
    assertThat(standby.sslkey()).contains(new SecretFile(Path.of("/s/standby.key")));
  }

  @Test
  void aTableIsReadToItsLastKey() {
    PipelineSettings school = read(ConfigurationTest.EVERYTHING).pipeline("school");

    assertThat(school.tables().getFirst())
        .isEqualTo(
            new TableSettings(
                "public.orders",
                List.of("id", "customer_id", "note", "total"),
                Optional.of("total > 0"),
                Map.of(
                    "note", new MaskSettings(MaskSettings.Kind.NULL, ""),
                    "customer_id", new MaskSettings(MaskSettings.Kind.PSEUDONYM, ""),
                    "total", new MaskSettings(MaskSettings.Kind.ROUND, "10")),
                TableSettings.Mode.HISTORY,
                Optional.of("all_orders"),
                TableSettings.WithoutKey.APPEND,
                Optional.of(
                    new ChangeSettings(
                        ChangeSettings.AddedColumn.APPLY,
                        ChangeSettings.DroppedColumn.HOLD,
                        ChangeSettings.RenamedColumn.IGNORE,
                        ChangeSettings.ChangedType.HOLD,
                        ChangeSettings.NewTable.IGNORE))));
    assertThat(school.tables().get(1).mode()).isEqualTo(TableSettings.Mode.SOFT_DELETE);
    assertThat(school.tables().get(1).columns()).containsExactly("id");
  }

  @ParameterizedTest
  @CsvSource({
    "public.orders, public, orders, true",
    "public.orders, public, orders2, false",
    "public.*, public, orders, true",
    "public.*, publics, orders, false",
    "*.orders, shop, orders, true",
    "*.orders, shop, old.orders, false",
    "shop_*.o*s, shop_1, orders, true",
    "public.a+b, public, aab, false",
  })
  void aPatternMeansASchemaAndATable(String pattern, String schema, String name, boolean matches) {
    assertThat(table(pattern, "").matches(schema, name)).isEqualTo(matches);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "drop",
        "null",
        "constant no value",
        "pseudonym",
        "truncate-date quarter",
        "keep-domain",
        "keep-prefix 3",
        "round 100",
        "network 24"
      })
  void everyMaskIsReadAsItIsWritten(String mask) {
    assertThat(table("public.orders", "masks: {x: %s}".formatted(mask)).masks().get("x"))
        .hasToString(mask);
    assertThat(table("public.orders", "masks: {x: \"%s\"}".formatted(mask)).masks().get("x"))
        .hasToString(mask);
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "~", "Null", "", "\"null\""})
  void whatYamlTakesForNothingIsTheMaskNull(String written) {
    assertThat(table("public.orders", "masks: {x: %s}".formatted(written)).masks())
        .containsExactly(Map.entry("x", new MaskSettings(MaskSettings.Kind.NULL, "")));
  }

  @Test
  void aMaskTakesOnlyItsArgument() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MaskSettings(MaskSettings.Kind.NETWORK, "33"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MaskSettings(MaskSettings.Kind.DROP, "x"));
  }

  @Test
  void aDroppedColumnIsLeftOutWhetherItIsNamedOrNot() {
    TableSettings table = table("public.orders", "masks: {x: drop, password: drop}");

    assertThat(table.sentColumns()).containsExactly("id");
  }

  @Test
  void twoSourcesOfOneDatabaseAreToldApartByTheirLabels() {
    PipelineSettings pipeline =
        read(SMALLEST.replace(
                "{my-site: {cluster: c, database: app}}",
                "{x: {cluster: c, database: app}, y: {cluster: c, database: app}}"))
            .pipeline("p");

    assertThat(pipeline.sources()).containsOnlyKeys("x", "y");
  }

  @Test
  void longNamesGiveSlotsThatFitAndDiffer() {
    String first = "s".repeat(39) + "1";
    String second = "s".repeat(39) + "2";
    PipelineSettings pipeline =
        read(SMALLEST.replace(
                "{my-site: {cluster: c, database: app}}",
                "{%s: {cluster: c, database: app}, %s: {cluster: c, database: app}}"
                    .formatted(first, second)))
            .pipeline("p");

    assertThat(pipeline.sources().values())
        .extracting(SourceSettings::slot)
        .allSatisfy(slot -> assertThat(slot).startsWith("tidemark_p_sss"))
        .doesNotHaveDuplicates();
    String longest =
        SMALLEST
            .replace("p:\n", "p%s:\n".formatted("p".repeat(39)))
            .replace("my-site", "s".repeat(40));
    assertThat(read(longest).pipelines().values())
        .flatExtracting(each -> each.sources().values())
        .allSatisfy(each -> assertThat(each.slot()).hasSize(56));
  }

  @Test
  void theNativeEngineTakesAllColumnsWhereNoneAreNamed() {
    String yaml =
        SMALLEST
            .replace("p:\n", "p:\n      engine: native\n")
            .replace("{columns: id}", "{where: id > 0}");

    TableSettings table = read(yaml).pipeline("p").tables().getFirst();
    assertThat(table.columns()).isEmpty();
    assertThat(table.where()).contains("id > 0");
  }

  @Test
  void anUnknownPipelineOrSourceIsAnsweredWithTheOnesThereAre() {
    AnalyticsSettings analytics = read(ConfigurationTest.EVERYTHING);

    TidemarkException pipeline =
        catchThrowableOfType(TidemarkException.class, () -> analytics.pipeline("scool"));
    assertThat(pipeline).hasMessage("there is no pipeline \"scool\"; expected one of school");
    assertThat(pipeline.hint()).isEqualTo("did you mean \"school\"?");
    TidemarkException source =
        catchThrowableOfType(
            TidemarkException.class, () -> analytics.pipeline("school").source("alway"));
    assertThat(source)
        .hasMessage(
            "there is no source \"alway\" of the pipeline school; expected one of always, other");
    assertThat(source.hint()).isEqualTo("did you mean \"always\"?");
  }
}
