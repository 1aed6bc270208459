package io.tidemark.replicamanager;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The target database of a native pipeline. */
sealed interface LogicalTarget {

  /** It does not answer, or another process has the pipeline. */
  record Unknown(String why) implements LogicalTarget {}

  /**
   * It answers.
   *
   * @param tables of the names that the source has, or that are Tidemark's
   * @param filled those of them with rows, where they are not subscribed to
   * @param types labels of those of the source's types that are there
   * @param kept what Tidemark has written down of tables
   */
  record Known(
      int major,
      List<LogicalTable> tables,
      Set<TableName> filled,
      Map<String, List<String>> types,
      Map<TableName, LogicalState.Kept> kept,
      Optional<SubscriptionView> subscription)
      implements LogicalTarget {
    public Known {
      tables = List.copyOf(tables);
      filled = Set.copyOf(filled);
      types = Map.copyOf(types);
      kept = Map.copyOf(kept);
    }

    Optional<LogicalTable> table(TableName name) {
      return tables.stream().filter(table -> table.name().equals(name)).findFirst();
    }

    Optional<LogicalState.Kept> keptOf(TableName name) {
      return Optional.ofNullable(kept.get(name));
    }

    /** Whether Tidemark made it or took it over: that somebody asked for it does not make it so. */
    boolean isOurs(TableName name) {
      return keptOf(name)
          .filter(its -> its.subscribed() || !its.columns().isEmpty() || !its.asked())
          .isPresent();
    }

    boolean isStale(TableName name) {
      return keptOf(name).filter(LogicalState.Kept::stale).isPresent();
    }

    boolean isSubscribed(TableName name) {
      return subscription.filter(view -> view.tables().containsKey(name)).isPresent();
    }

    /** Whether tables have flowed before: what is new now was not there from the beginning. */
    boolean hasBegun() {
      return kept.values().stream().anyMatch(LogicalState.Kept::subscribed);
    }
  }
}
