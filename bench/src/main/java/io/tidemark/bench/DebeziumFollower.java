package io.tidemark.bench;

import io.tidemark.testing.OsUser;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Debezium's embedded engine and its JDBC sink in one process, tuned: large batches, the last
 * change of a row only, rewritten inserts. (Its inserts by UNNEST, which are off by default, fail
 * on timestamps without time zone in 3.6.) Its JVM is started before it is measured. It begins at a
 * slot, behind a copy that psql has made.
 */
final class DebeziumFollower implements Follower {
  private static final String NAME = "bench_debezium";

  private final AnalyticsScene scene;
  private final AnalyticsApp app;
  private final Db target;
  private final Path lib;
  private final Path directory;
  private final List<Process> process = new ArrayList<>();

  /**
   * @param target empty
   * @param lib of its jars
   */
  DebeziumFollower(AnalyticsScene scene, AnalyticsApp app, Db target, Path lib) {
    this.scene = scene;
    this.app = app;
    this.target = target;
    this.lib = lib;
    this.directory = scene.work().remake("debezium");
    app.createTables(target);
  }

  /** Copies its jars to where the servers' user can read them; empty where there are none. */
  static Optional<Path> install(Path root, WorkDirectory work, PrintStream progress) {
    Path built = root.resolve("bench/debezium/target/lib");
    if (!Files.isDirectory(built)) {
      progress.println("without debezium: it is made by ./build -f bench/debezium/pom.xml package");
      return Optional.empty();
    }
    Path lib = work.make("debezium-lib");
    try (Stream<Path> jars = Files.list(built)) {
      for (Path jar : (Iterable<Path>) jars::iterator) {
        Files.copy(jar, lib.resolve(jar.getFileName()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    OsUser.own(lib);
    return Optional.of(lib);
  }

  @Override
  public void begin() {
    Db source = app.source();
    source.sql(
        "CREATE PUBLICATION %s FOR TABLE %s".formatted(NAME, String.join(", ", app.tableNames())),
        "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(NAME));
    for (String table : app.tableNames()) {
      scene
          .shell()
          .script(
              "%1$s -qX -d '%2$s' -c 'COPY %4$s TO STDOUT' | %1$s -qX -d '%3$s' -c 'COPY %4$s FROM STDIN'"
                  .formatted(scene.tool("psql"), source.conninfo(), target.conninfo(), table));
    }
    Path properties = scene.work().write("debezium/debezium.properties", properties());
    process.add(
        scene
            .shell()
            .start(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx1g",
                    "-XX:+UseSerialGC",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                    "-cp",
                    lib + "/*",
                    "io.tidemark.bench.debezium.DebeziumPipe",
                    properties.toString(),
                    go().toString())));
  }

  private Path go() {
    return directory.resolve("go");
  }

  private String properties() {
    return """
    source.name=bench
    source.connector.class=io.debezium.connector.postgresql.PostgresConnector
    source.topic.prefix=bench
    source.offset.storage=org.apache.kafka.connect.storage.FileOffsetBackingStore
    source.offset.storage.file.filename=%1$s/offsets
    source.offset.flush.interval.ms=1000
    source.database.hostname=127.0.0.1
    source.database.port=%2$d
    source.database.user=postgres
    source.database.password=
    source.database.dbname=%3$s
    source.plugin.name=pgoutput
    source.slot.name=%4$s
    source.slot.drop.on.stop=false
    source.publication.name=%4$s
    source.publication.autocreate.mode=disabled
    source.snapshot.mode=no_data
    source.max.batch.size=8192
    source.max.queue.size=32768
    source.poll.interval.ms=10
    source.tombstones.on.delete=false
    sink.connection.url=jdbc:postgresql://127.0.0.1:%5$d/%6$s?reWriteBatchedInserts=true
    sink.connection.username=postgres
    sink.connection.password=
    sink.insert.mode=upsert
    sink.primary.key.mode=record_key
    sink.delete.enabled=true
    sink.schema.evolution=none
    sink.collection.name.format=${source.table}
    sink.batch.size=8192
    sink.use.reduction.buffer=true
    """
        .formatted(
            directory,
            app.source().cluster().port(),
            app.source().name(),
            NAME,
            target.cluster().port(),
            target.name());
  }

  @Override
  public void resume() {
    try {
      Files.createFile(go());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Collection<Long> processes() {
    return process.stream().map(Process::pid).toList();
  }

  @Override
  public String table(String name) {
    return name;
  }

  @Override
  public void end() {
    process.forEach(scene.shell()::end);
    process.clear();
    app.source().awaitValue("0", "SELECT count(*) FROM pg_replication_slots WHERE active");
  }
}
