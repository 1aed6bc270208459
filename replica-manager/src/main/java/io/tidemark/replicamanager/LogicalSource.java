package io.tidemark.replicamanager;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PublicationFilter;
import io.tidemark.postgres.ReplicationSlotRow;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The source database of a native pipeline. */
sealed interface LogicalSource {

  /** It does not answer. */
  record Unknown(String why) implements LogicalSource {}

  /**
   * It answers.
   *
   * @param clock read before {@code current}
   * @param tables that a pattern matches, in the order of their names
   * @param filters of those tables that have one configured
   * @param types that those tables need and PostgreSQL has not by itself, a type after what it uses
   * @param publications of ours that are there
   * @param published what is in them
   */
  record Known(
      int major,
      String walLevel,
      Instant clock,
      Lsn current,
      List<LogicalTable> tables,
      Map<TableName, PublicationFilter> filters,
      List<LogicalType> types,
      Set<String> publications,
      List<PublicationTable> published,
      Optional<ReplicationSlotRow> slot)
      implements LogicalSource {
    public Known {
      tables = List.copyOf(tables);
      filters = Map.copyOf(filters);
      types = List.copyOf(types);
      publications = Set.copyOf(publications);
      published = List.copyOf(published);
    }

    LogicalProgress progress() {
      return new LogicalProgress(
          clock, current, slot.flatMap(ReplicationSlotRow::confirmedFlushLsn));
    }

    Optional<PublicationTable> publishedAs(TableName table) {
      return published.stream().filter(each -> each.table().equals(table)).findFirst();
    }

    /** Why the slot is of no more use; empty where it is, or where there is none. */
    Optional<String> loss() {
      return slot.flatMap(
          row -> row.invalidationReason().or(() -> row.walStatus().filter("lost"::equals)));
    }
  }
}
