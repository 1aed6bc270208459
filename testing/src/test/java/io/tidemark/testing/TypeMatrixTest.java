package io.tidemark.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class TypeMatrixTest {
  /** None of these takes any text; {@link #assertTakesNoText} asks the server. */
  private static final Set<String> WITHOUT_INPUT =
      new TreeSet<>(
          List.of(
              "gtsvector",
              "pg_brin_bloom_summary",
              "pg_brin_minmax_multi_summary",
              "pg_dependencies",
              "pg_mcv_list",
              "pg_ndistinct",
              "pg_node_tree"));

  @Test
  void hasEveryTypeWithExtremeValuesAsTheSameTextOnOldestAndNewest() {
    PostgresBinaries oldest = PostgresBinaries.of(PostgresBinaries.OLDEST);
    PostgresBinaries newest = PostgresBinaries.of(PostgresBinaries.NEWEST);
    TypeMatrix matrix = TypeMatrix.of(PostgresBinaries.OLDEST);
    try (TestCluster old = TestCluster.builder(oldest).fsync(false).start();
        TestCluster young = TestCluster.builder(newest).fsync(false).start()) {
      for (TestCluster cluster : List.of(old, young)) {
        apply(cluster, matrix.ddl());
        apply(cluster, matrix.inserts());
        assertThat(typesWithoutColumn(cluster)).isEqualTo(WITHOUT_INPUT);
        WITHOUT_INPUT.forEach(type -> assertTakesNoText(cluster, type));
        assertExtremes(cluster);
      }
      ClusterContent inserted = ClusterContent.of(young);
      apply(old, matrix.updates());
      apply(young, matrix.updates());
      assertThat(inserted.differences(ClusterContent.of(young)))
          .hasSameSizeAs(matrix.tables())
          .allMatch(line -> line.matches(".*: \\d+ rows here, \\d+ there"));
      List<AnalyticsCheckedTable> tables =
          matrix.tables().stream().map(table -> table.check(table.name(), "true")).toList();
      assertThat(AnalyticsChecker.between(old, "postgres", young, "postgres").differences(tables))
          .isEmpty();
    }
  }

  @Test
  void appliesWhatOnlyTheNewestKnows() {
    PostgresBinaries newest = PostgresBinaries.of(PostgresBinaries.NEWEST);
    TypeMatrix matrix = TypeMatrix.of(PostgresBinaries.NEWEST);
    try (TestCluster cluster = TestCluster.builder(newest).fsync(false).start()) {
      apply(cluster, matrix.ddl());
      apply(cluster, matrix.inserts());
      apply(cluster, matrix.updates());
      String values = "SELECT count(*) FROM types.%s WHERE c%d::text = '%s'";
      assertThat(cluster.value(values.formatted("times", 15, "infinity"))).isEqualTo("1");
      assertThat(cluster.value(values.formatted("texts", 11, "\\377"))).isEqualTo("1");
    }
  }

  private static void apply(TestCluster cluster, List<String> statements) {
    cluster.sql(statements.toArray(String[]::new));
  }

  /** Base, range and multirange types of pg_catalog, and those of the extensions used here. */
  private static Set<String> typesWithoutColumn(TestCluster cluster) {
    String query =
        """
        SELECT t.typname FROM pg_type t
         WHERE t.typtype IN ('b', 'r', 'm') AND t.typcategory <> 'A'
           AND (t.typnamespace = 'pg_catalog'::regnamespace
                OR t.typnamespace IN ('public'::regnamespace, 'types'::regnamespace))
           AND t.typname NOT IN ('gtrgm', 'ghstore', 'ltree_gist', 'intbig_gkey')
           AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.atttypid = t.oid AND a.attnum > 1
                              AND a.attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r'
                                AND relnamespace = 'types'::regnamespace))
        """;
    return cluster.rows(query).stream()
        .map(row -> String.valueOf(row.getFirst()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Fails with the server's error when it takes the text, or refuses it for another reason. */
  private static void assertTakesNoText(TestCluster cluster, String type) {
    cluster.sql(
        """
        DO $$ BEGIN
          PERFORM ''::%s;
          RAISE EXCEPTION '%1$s takes text';
        EXCEPTION WHEN feature_not_supported THEN NULL;
        END $$
        """
            .formatted(type));
  }

  private static void assertExtremes(TestCluster cluster) {
    String query =
        """
        SELECT (SELECT max(length(c1)) FROM types.texts),
               (SELECT count(*) FROM types.texts WHERE c1 IN ('\\N', '\\.')),
               (SELECT min(array_ndims(v)) || '-' || max(array_ndims(v)) FROM
                 (SELECT c2 FROM types.texts WHERE c2 <> '{}') a(v)),
               (SELECT count(*) FROM types.texts WHERE c2 = '{}'),
               (SELECT count(DISTINCT get_byte(b, i)) FROM (SELECT c17, generate_series(0, 255)
                 FROM types.texts WHERE octet_length(c17) = 256) x(b, i))
        """;
    assertThat(cluster.rows(query)).containsExactly(List.of("1048576", "2", "1-3", "1", "256"));
  }
}
