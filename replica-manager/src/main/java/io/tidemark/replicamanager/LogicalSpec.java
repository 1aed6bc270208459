package io.tidemark.replicamanager;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.PipelineSettings;
import io.tidemark.config.SourceSettings;
import io.tidemark.config.TableSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.SlotName;
import java.util.List;
import java.util.Optional;

/**
 * All that is to be true of one native pipeline.
 *
 * @param source how Tidemark, and the target's server too, reaches the source database
 * @param target how Tidemark reaches the analytics database
 * @param stateSchema where Tidemark keeps its own tables in the target
 */
public record LogicalSpec(
    PipelineSettings pipeline,
    PostgresEndpoint source,
    PostgresEndpoint target,
    String stateSchema) {

  /**
   * @throws TidemarkException CONFIG_INVALID where the pipeline is not for the native engine
   */
  public LogicalSpec {
    if (pipeline.engine() != PipelineSettings.Engine.NATIVE || pipeline.sources().size() != 1) {
      throw new TidemarkException(
          ErrorCode.CONFIG_INVALID,
          "the pipeline %s has engine: %s and %d sources; expected engine: native and one source"
              .formatted(pipeline.name(), pipeline.engine(), pipeline.sources().size()),
          "Give it one source and engine: native.");
    }
    if (only(pipeline).decodeFrom().isPresent()) {
      throw new TidemarkException(
          ErrorCode.CONFIG_INVALID,
          "the pipeline %s has engine: native and a source with decode-from"
              .formatted(pipeline.name()),
          "Leave out decode-from, or use engine: merge.");
    }
  }

  private static SourceSettings only(PipelineSettings pipeline) {
    return pipeline.sources().values().iterator().next();
  }

  SourceSettings settings() {
    return only(pipeline);
  }

  /** What pg_subscription, pg_publication and pg_replication_slots call it. */
  String subscription() {
    return settings().publication();
  }

  String publication() {
    return settings().publication();
  }

  /** For tables without a key: only inserts and truncates. */
  String appendPublication() {
    return settings().publication() + "_append";
  }

  /** How the target's server reaches the source; throws SECRET_UNUSABLE. */
  SubscriptionConninfo conninfo() {
    return SubscriptionConninfo.of(source, subscription());
  }

  SlotName slot() {
    return new SlotName(settings().slot());
  }

  /** The publications that there are to be. */
  List<String> publications() {
    boolean appends =
        pipeline.tables().stream()
            .anyMatch(table -> table.withoutKey() == TableSettings.WithoutKey.APPEND);
    return appends ? List.of(publication(), appendPublication()) : List.of(publication());
  }

  /**
   * SQL that makes one of them.
   *
   * @param tables as {@link PublicationTable#sql} has them, with commas; empty: none
   */
  String createPublication(String name, String tables) {
    return "CREATE PUBLICATION %s%s WITH (publish = '%s', publish_via_partition_root = %s)"
        .formatted(
            name,
            tables.isEmpty() ? "" : " FOR " + tables,
            name.equals(appendPublication())
                ? "insert, truncate"
                : "insert, update, delete, truncate",
            pipeline.partitions() == PipelineSettings.Partitions.ROOT);
  }

  /** The first of the patterns that matches. */
  Optional<TableSettings> tableOf(TableName name) {
    return pipeline.tables().stream()
        .filter(table -> table.matches(name.schema(), name.table()))
        .findFirst();
  }

  ChangeSettings changesOf(TableSettings table) {
    return table.onChange().orElse(pipeline.onChange());
  }
}
