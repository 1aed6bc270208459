package io.tidemark.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The initial copy of one big table, from nothing until all rows and the key's index are there. */
final class AnalyticsCopyPart {
  static final String NATIVE = "subscription's initial copy";
  static final String PGCOPYDB = "pgcopydb clone, 2 jobs";

  private static final String TARGET = "warehouse";

  /** Names no column of Tidemark's, so that it can be asked in every target. */
  private static final String LEDGER = "SELECT count(*) || ' ' || sum(%s) FROM %s";

  private final AnalyticsScene scene;
  private final AnalyticsServers servers;

  AnalyticsCopyPart(AnalyticsScene scene, AnalyticsServers servers) {
    this.scene = scene;
    this.servers = servers;
  }

  Result run(CopyTable table) {
    Db source = Db.create(servers.source(), table.database());
    table.fillIn(source, ByteSize.parse(scene.options().copySize));
    long bytes = source.number("SELECT pg_table_size('%s')".formatted(table.table));
    List<Contestant> contestants = new ArrayList<>();
    if (!scene.options().peersOnly) {
      contestants.add(new ByTidemark(TidemarkPipeline.MIRROR, table, source, false));
      contestants.add(new ByTidemark(TidemarkPipeline.LABELLED, table, source, true));
    }
    if (scene.has("native")) {
      contestants.add(new BySubscription(NATIVE, table, source, ""));
      contestants.add(
          new BySubscription("subscription with binary = true", table, source, ", binary = true"));
    }
    if (scene.hasPgCopyDb()) {
      contestants.add(new ByPgCopyDb(table, source));
    }
    if (scene.has("pipe")) {
      contestants.add(new ByPipe(table, source));
    }
    Result result = scene.rounds().run(table.task, bytes, contestants);
    servers.source().sql("DROP DATABASE " + table.database());
    return result;
  }

  /** An empty target, and a machine that has nothing left to write. */
  private Db fresh() {
    Db target = Db.create(servers.target(), TARGET);
    servers.settle(scene.work());
    return target;
  }

  private static void requireSame(CopyTable table, Db source, Db target, String name) {
    Function<String, String> ledger = of -> LEDGER.formatted(table.columns().getFirst(), of);
    String expected = source.value(ledger.apply(table.table));
    String found = target.value(ledger.apply(name));
    if (!found.equals(expected)) {
      throw new IllegalStateException(
          "found rows and sum of keys %s in the copy, expected %s".formatted(found, expected));
    }
  }

  private final class ByTidemark implements Contestant {
    private final String name;
    private final CopyTable table;
    private final Db source;
    private final boolean labels;

    ByTidemark(String name, CopyTable table, Db source, boolean labels) {
      this.name = name;
      this.table = table;
      this.source = source;
      this.labels = labels;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Measured run() {
      Db target = fresh();
      TidemarkPipeline pipeline =
          new TidemarkPipeline(scene, source, target, labels, Map.of(table.table, table.columns()));
      try {
        Measured measured =
            servers.measure(
                pipeline::processes,
                () -> {
                  pipeline.start();
                  pipeline.awaitStreaming();
                });
        requireSame(table, source, target, TidemarkPipeline.table(table.table));
        return measured;
      } finally {
        pipeline.end();
        servers.forget(source.name());
      }
    }
  }

  /** Into a table that has its key already: what comes behind the copy is found by it. */
  private final class BySubscription implements Contestant {
    private final String name;
    private final CopyTable table;
    private final Db source;
    private final String options;

    BySubscription(String name, CopyTable table, Db source, String options) {
      this.name = name;
      this.table = table;
      this.source = source;
      this.options = options;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Measured run() {
      Db target = fresh();
      table.createIn(target);
      table.addKeyIn(target);
      Subscription subscription = new Subscription(source, target, options);
      subscription.publish(List.of(table.table));
      Measured measured = servers.measure(List::<Long>of, subscription::create);
      subscription.drop();
      requireSame(table, source, target, table.table);
      servers.forget(source.name());
      return measured;
    }
  }

  /** The schema, the data in two processes, the index. */
  private final class ByPgCopyDb implements Contestant {
    private final CopyTable table;
    private final Db source;

    ByPgCopyDb(CopyTable table, Db source) {
      this.table = table;
      this.source = source;
    }

    @Override
    public String name() {
      return PGCOPYDB;
    }

    @Override
    public Measured run() {
      Db target = fresh();
      List<String> command =
          List.of(
              "sh",
              "-c",
              "PATH='%s':$PATH exec pgcopydb clone --dir '%s' --table-jobs 2 --index-jobs 2 --split-tables-larger-than %d --source '%s' --target '%s'"
                  .formatted(
                      scene.tools().bin(),
                      scene.work().remake("pgcopydb"),
                      ByteSize.parse(scene.options().copySize) / 4,
                      source.conninfo(),
                      target.conninfo()));
      Measured measured = command(command);
      requireSame(table, source, target, table.table);
      return measured;
    }
  }

  /** What one pair of processes can do: COPY to COPY, then the index. */
  private final class ByPipe implements Contestant {
    private final CopyTable table;
    private final Db source;

    ByPipe(CopyTable table, Db source) {
      this.table = table;
      this.source = source;
    }

    @Override
    public String name() {
      return "limit: COPY to COPY, binary";
    }

    @Override
    public Measured run() {
      Db target = fresh();
      table.createIn(target);
      Measured measured =
          command(
              List.of(
                  "sh",
                  "-c",
                  "%1$s -qX -d '%2$s' -c 'COPY %4$s TO STDOUT (FORMAT binary)' | %1$s -qX -d '%3$s' -c 'COPY %4$s FROM STDIN (FORMAT binary)' -c '%5$s'"
                      .formatted(
                          scene.tool("psql"),
                          source.conninfo(),
                          target.conninfo(),
                          table.table,
                          table.addKey())));
      requireSame(table, source, target, table.table);
      return measured;
    }
  }

  private Measured command(List<String> command) {
    List<Process> started = new ArrayList<>();
    return servers.measure(
        () -> pids(started),
        () -> {
          started.add(scene.shell().start(command));
          scene.shell().awaitSuccess(started.getFirst(), command);
        });
  }

  private static Collection<Long> pids(List<Process> processes) {
    return processes.stream().map(Process::pid).toList();
  }
}
