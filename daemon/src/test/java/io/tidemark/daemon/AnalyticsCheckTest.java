package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.testing.LogWatch;
import io.tidemark.testing.PostgresBinaries;
import io.tidemark.testing.TemporaryDirectory;
import io.tidemark.testing.TestCluster;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code check} finds of the analytics database and its sources, word by word. */
class AnalyticsCheckTest {
  @RegisterExtension final LogWatch log = new LogWatch();

  @Test
  void saysWhatIsMissingWithTheSqlAndNothingWhenItIsThere() {
    try (TestCluster source =
            TestCluster.builder(PostgresBinaries.of(16))
                .fsync(false)
                .setting("wal_level", "replica")
                .setting("max_replication_slots", "1")
                .setting("max_wal_senders", "2")
                .start();
        TestCluster target = TestCluster.builder(PostgresBinaries.of(17)).fsync(false).start();
        TemporaryDirectory home = TemporaryDirectory.create("tidemark-check-")) {
      String version = target.value("SELECT split_part(version(), ' ', 2)");
      source.sql(
          "CREATE ROLE \"Limited\" LOGIN",
          "CREATE TABLE \"Orders\" (id int PRIMARY KEY, total int)",
          "CREATE TABLE keyless (id int)",
          "GRANT SELECT ON keyless TO \"Limited\"");
      target.sql("CREATE ROLE loader LOGIN", "CREATE DATABASE warehouse");
      Cli cli = new Cli(home.path());
      configure(cli, source, target);

      Cli.Result first = cli.run("check", "--json");
      assertThat(first.exitCode()).isEqualTo(52);
      assertThat(findings(first))
          .containsExactly(
              "ok target: PostgreSQL %s answers as loader".formatted(version),
              "fail target role: not so: loader may make schemas in warehouse"
                  + " -> GRANT CREATE ON DATABASE warehouse TO loader;",
              "warn target role: not so: loader may make analysts' roles"
                  + " -> ALTER ROLE loader CREATEROLE;",
              "warn target role: not so: loader may see what queries cost"
                  + " -> GRANT pg_monitor TO loader;",
              "fail school/app: not so: wal_level is replica (needed: logical)"
                  + " -> ALTER SYSTEM SET wal_level = 'logical'; Then restart PostgreSQL.",
              "fail school/app: not so: \"Limited\" may replicate"
                  + " -> ALTER ROLE \"Limited\" REPLICATION;",
              "fail school/app: not so: \"Limited\" may make publications in postgres"
                  + " -> GRANT CREATE ON DATABASE postgres TO \"Limited\";",
              "fail school/app: not so: max_replication_slots: 0 of 1 in use, and up to 2 needed"
                  + " -> ALTER SYSTEM SET max_replication_slots = 6; Then restart PostgreSQL.",
              "ok school/app: max_wal_senders: 0 of 2 in use, and up to 2 needed",
              "warn school/app: not so: max_slot_wal_keep_size limits what a slot keeps while the"
                  + " target is away -> ALTER SYSTEM SET max_slot_wal_keep_size = '50GB';"
                  + " SELECT pg_reload_conf();",
              "warn school/app: public.keyless: it has neither primary key nor replica identity, so"
                  + " UPDATE and DELETE could not be published -> add a primary key; or ALTER TABLE"
                  + " \"public\".\"keyless\" REPLICA IDENTITY USING INDEX a unique one of NOT NULL"
                  + " columns; or take only inserts with without-key: append",
              "fail school/app: public.\"Orders\" may not be read"
                  + " -> GRANT SELECT ON public.\"Orders\" TO \"Limited\";",
              "ok school/app: 1 tables can be taken");

      source.sql(
          "ALTER SYSTEM SET wal_level = 'logical'",
          "ALTER SYSTEM SET max_replication_slots = 6",
          "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'",
          "ALTER ROLE \"Limited\" REPLICATION",
          "GRANT CREATE ON DATABASE postgres TO \"Limited\"",
          "GRANT SELECT (id) ON public.\"Orders\" TO \"Limited\"",
          "DROP TABLE keyless");
      source.stop();
      source.start();
      target.sql("GRANT CREATE ON DATABASE warehouse TO loader", "ALTER ROLE loader CREATEROLE");
      target.sql("GRANT pg_monitor TO loader");
      assertThat(findings(cli.run("check", "--json")))
          .containsExactly(
              "ok target: PostgreSQL %s answers as loader".formatted(version),
              "ok target role: loader may make schemas in warehouse",
              "ok target role: loader may make analysts' roles",
              "ok target role: loader may see what queries cost",
              "ok school/app: wal_level is logical (needed: logical)",
              "ok school/app: \"Limited\" may replicate",
              "ok school/app: \"Limited\" may make publications in postgres",
              "ok school/app: max_replication_slots: 0 of 6 in use, and up to 2 needed",
              "ok school/app: max_wal_senders: 0 of 2 in use, and up to 2 needed",
              "ok school/app: max_slot_wal_keep_size limits what a slot keeps while the target is"
                  + " away",
              "ok school/app: 1 tables can be taken");
    }
  }

  private static void configure(Cli cli, TestCluster source, TestCluster target) {
    cli.write(
        """
        repositories: {here: {type: posix, path: %s, retry: {attempts: 1, total: 1s}}}
        clusters:
          shop:
            repository: here
            archive: {enabled: false}
            connection: {host: 127.0.0.1, port: %d, user: Limited, connect-timeout: 5s}
        analytics:
          target: {host: 127.0.0.1, port: %d, database: warehouse, user: loader}
          pipelines:
            school:
              sources: {app: {cluster: shop, database: postgres}}
              tables:
                public.Orders: {columns: [id]}
                public.keyless: {columns: [id]}
        """
            .formatted(cli.repository(), source.port(), target.port()));
  }

  private static List<String> findings(Cli.Result check) {
    List<String> lines = new ArrayList<>();
    for (JsonNode cluster : check.json().at("/clusters")) {
      if (cluster.at("/cluster").asText().equals("analytics")) {
        for (JsonNode finding : cluster.at("/findings")) {
          String change = finding.at("/change").asText();
          lines.add(
              "%s %s: %s%s"
                  .formatted(
                      finding.at("/level").asText(),
                      finding.at("/check").asText(),
                      finding.at("/found").asText(),
                      change.isEmpty() ? "" : " -> " + change));
        }
      }
    }
    return lines;
  }
}
