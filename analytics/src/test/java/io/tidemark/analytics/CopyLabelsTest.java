package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.TableSettings.Mode;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.testing.TestCluster;
import java.util.List;
import org.junit.jupiter.api.Test;

/** PostgreSQL reads what it has written, with a label in front. */
final class CopyLabelsTest {
  private static final MappedTable TABLE =
      BatchSimulation.table(
          new TableName("public", "t"), MappedTable.Kind.KEYED, Mode.MIRROR, false);

  @Test
  void rowsOfBothFormatsBeginWithTheLabel() {
    try (TestCluster cluster = TestCluster.start(18);
        PostgresSession from = open(cluster);
        PostgresSession to = open(cluster)) {
      from.execute("CREATE TABLE public.labelled (site text, id int, v text)");
      for (boolean binary : List.of(true, false)) {
        assertThat(copy(from, to, "SELECT 1 AS id, E'tab\\tand\\nline' AS v LIMIT 0", binary))
            .as("no row at all")
            .isEmpty();
        assertThat(
                copy(
                    from,
                    to,
                    "SELECT g, CASE WHEN g > 1 THEN repeat(E'\\t\\\\\\n', g * 10000) END"
                        + " FROM generate_series(1, 3) g",
                    binary))
            .containsExactly("one 1 -", "one 2 60000 t", "one 3 90000 t");
      }
    }
  }

  private static PostgresSession open(TestCluster cluster) {
    return Sessions.target(
        PostgresEndpoint.to(new HostPort(cluster.host(), cluster.port()), "postgres", "postgres"));
  }

  private static List<String> copy(
      PostgresSession from, PostgresSession to, String query, boolean binary) {
    String format = binary ? " (FORMAT binary)" : "";
    CopyLabels labels = new CopyLabels(TABLE);
    CopyBuffer buffer = new CopyBuffer(16);
    boolean[] first = {true};
    to.execute("TRUNCATE public.labelled");
    to.copyIn(
        "COPY public.labelled FROM STDIN" + format,
        out -> {
          from.copyOut(
              "COPY (" + query + ") TO STDOUT" + format,
              (row, length) -> {
                if (binary) {
                  labels.addBinary(row, length, first[0], buffer);
                  first[0] = false;
                } else {
                  labels.addLine(row, length, buffer);
                }
              });
          buffer.sendTo(out);
        });
    return to.query(
        "SELECT concat_ws(' ', site, id, coalesce(length(v)::text || ' ' ||"
            + " left((v = repeat(E'\\t\\\\\\n', id * 10000))::text, 1), '-')) AS line"
            + " FROM public.labelled ORDER BY id",
        row -> row.text("line"));
  }
}
