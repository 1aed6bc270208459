package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets a table wait that cannot take its changes, so that the others go on. */
final class TableHolder {
  private static final Logger LOG = LoggerFactory.getLogger(TableHolder.class);

  private final FeedSpec spec;

  TableHolder(FeedSpec spec) {
    this.spec = spec;
  }

  /** On record with why, and with what may need the table as it was. */
  void hold(PostgresSession target, TableFailure e) {
    MappedTable table = e.table();
    String why = e.getMessage() + more(target, e);
    LOG.error(
        "{}: {} is held, others go on: {}\n  hint: {}", spec.name(), table.name(), why, e.hint());
    spec.state()
        .setTable(
            target,
            table.name(),
            table.target(),
            TableState.HELD,
            FeedRole.MAIN,
            why + "; " + e.hint());
  }

  private String more(PostgresSession target, TableFailure e) {
    if (e.isInvalidText()) {
      return InvalidText.find(spec, e.table()).map(where -> "; it is " + where).orElse("");
    }
    List<String> views =
        e.isDependency() ? TargetTables.views(target, e.table().target()) : List.of();
    return views.isEmpty() ? "" : "; views read it: " + String.join(", ", views);
  }
}
