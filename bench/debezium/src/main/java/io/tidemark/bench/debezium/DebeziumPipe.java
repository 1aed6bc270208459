package io.tidemark.bench.debezium;

import io.debezium.connector.jdbc.JdbcSinkConnectorTask;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;

/** Debezium's engine, whose batches go to its JDBC sink in the same process: no Kafka between. */
public final class DebeziumPipe {
  private final JdbcSinkConnectorTask sink = new JdbcSinkConnectorTask();
  private long offset;

  private DebeziumPipe() {}

  /**
   * Runs until it is ended.
   *
   * @param args a properties file, whose keys begin with source. or sink., and a file on whose
   *     appearance it begins, the JVM being started by then
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(Path.of(args[0]))) {
      properties.load(reader);
    }
    while (!Files.exists(Path.of(args[1]))) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    new DebeziumPipe().run(properties);
  }

  private void run(Properties properties) {
    sink.initialize(new NoKafka());
    sink.start(new HashMap<>(below("sink.", properties)));
    Properties source = new Properties();
    source.putAll(below("source.", properties));
    DebeziumEngine<RecordChangeEvent<SourceRecord>> engine =
        DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
            .using(source)
            .using(
                (success, message, error) -> {
                  System.err.println("Debezium ended: " + message);
                  if (error != null) {
                    error.printStackTrace();
                  }
                  Runtime.getRuntime().halt(success ? 0 : 1);
                })
            .notifying(this::write)
            .build();
    engine.run();
  }

  private void write(
      List<RecordChangeEvent<SourceRecord>> events,
      DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      throws InterruptedException {
    List<SinkRecord> records = new ArrayList<>(events.size());
    for (RecordChangeEvent<SourceRecord> event : events) {
      records.add(sinkRecord(event.record()));
    }
    sink.put(records);
    // The sink keeps an error to itself until it is called again.
    if (sink.getLastProcessingException() != null) {
      throw new IllegalStateException(sink.getLastProcessingException());
    }
    for (RecordChangeEvent<SourceRecord> event : events) {
      committer.markProcessed(event);
    }
    committer.markBatchFinished();
  }

  private SinkRecord sinkRecord(SourceRecord record) {
    return new SinkRecord(
        record.topic(),
        0,
        record.keySchema(),
        record.key(),
        record.valueSchema(),
        record.value(),
        offset++,
        record.timestamp(),
        TimestampType.CREATE_TIME);
  }

  private static Map<String, String> below(String prefix, Properties properties) {
    Map<String, String> below = new HashMap<>();
    for (String key : properties.stringPropertyNames()) {
      if (key.startsWith(prefix)) {
        below.put(key.substring(prefix.length()), properties.getProperty(key));
      }
    }
    return below;
  }
}
