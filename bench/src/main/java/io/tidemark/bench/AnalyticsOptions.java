package io.tidemark.bench;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** What only the analytics parts need to know. */
final class AnalyticsOptions {
  @Option(
      names = "--analytics-peers",
      split = ",",
      paramLabel = "PEER",
      description =
          "native, pgcopydb, pipe, debezium (default: those installed; debezium is after ./build -f"
              + " bench/debezium/pom.xml package), none.")
  Set<String> peers = new LinkedHashSet<>(List.of("native", "pgcopydb", "pipe", "debezium"));

  @Option(
      names = "--no-tidemark",
      description = "Lets only the peers of the analytics parts take part.")
  boolean peersOnly;

  @Option(
      names = "--postgres",
      paramLabel = "MAJOR",
      description =
          "Of source and target of analytics (default: 18). pgcopydb takes part where the installed"
              + " pg_dump is as new.")
  int major = 18;

  @Option(
      names = "--copy-size",
      paramLabel = "SIZE",
      description = "Of each table that is copied, without indexes (default: 1GiB).")
  String copySize = "1GiB";

  @Option(
      names = "--scale",
      paramLabel = "N",
      description = "pgbench's, of the database whose changes are applied (default: 10).")
  int scale = 10;

  @Option(
      names = "--transactions",
      paramLabel = "N",
      description = "pgbench's, to catch up with (default: 400000).")
  int transactions = 400_000;

  @Option(
      names = "--bulk-rows",
      paramLabel = "N",
      description = "Inserted in transactions of 10000 (default: 2000000).")
  int bulkRows = 2_000_000;

  @Option(
      names = "--large-rows",
      paramLabel = "N",
      description = "Inserted in one transaction (default: 5000000).")
  int largeRows = 5_000_000;

  @Option(
      names = "--rate",
      paramLabel = "TPS",
      description =
          "Of pgbench while freshness is measured (default: half of what it reaches in 5 s while"
              + " nobody follows).")
  int rate;

  @Option(
      names = "--freshness-seconds",
      paramLabel = "N",
      description = "For how long freshness is measured (default: 60).")
  int freshnessSeconds = 60;
}
