package io.tidemark.bench.debezium;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.sink.SinkTaskContext;

/** What a sink may ask of Kafka Connect, where there is none. */
final class NoKafka implements SinkTaskContext {
  @Override
  public Map<String, String> configs() {
    return Map.of();
  }

  @Override
  public void offset(Map<TopicPartition, Long> offsets) {
    throw new UnsupportedOperationException("no Kafka to read again from");
  }

  @Override
  public void offset(TopicPartition partition, long offset) {
    throw new UnsupportedOperationException("no Kafka to read again from");
  }

  @Override
  public void timeout(long milliseconds) {
    throw new UnsupportedOperationException("no Kafka to wait for");
  }

  @Override
  public Set<TopicPartition> assignment() {
    return Set.of();
  }

  @Override
  public void pause(TopicPartition... partitions) {
    throw new UnsupportedOperationException("no Kafka to pause");
  }

  @Override
  public void resume(TopicPartition... partitions) {
    throw new UnsupportedOperationException("no Kafka to resume");
  }

  @Override
  public void requestCommit() {
    // Batches are committed as a whole.
  }

  @Override
  public PluginMetrics pluginMetrics() {
    throw new UnsupportedOperationException("no metrics");
  }
}
