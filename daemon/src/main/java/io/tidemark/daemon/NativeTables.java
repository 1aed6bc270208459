package io.tidemark.daemon;

import io.tidemark.analytics.ComparedTable;
import io.tidemark.analytics.FeedPlan;
import io.tidemark.analytics.PrivacyColumn;
import io.tidemark.analytics.TableName;
import io.tidemark.replicamanager.LogicalPlan;
import io.tidemark.replicamanager.LogicalPublished;
import io.tidemark.replicamanager.LogicalReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Tables of native pipelines in the words that both engines have in common. */
final class NativeTables {
  private NativeTables() {}

  static TableName name(io.tidemark.replicamanager.TableName table) {
    return new TableName(table.schema(), table.table());
  }

  /** As a report has them. */
  static AnalyticsReport.Table reported(LogicalReport.Table table) {
    return new AnalyticsReport.Table(
        table.name().toString(),
        table.name().toString(),
        word(table.state()),
        table.copiedRows(),
        table.copiedBytes(),
        0,
        table.reason());
  }

  static String word(LogicalReport.State state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** As a plan has them: one worker copies a table as a whole. */
  static FeedPlan.Table planned(LogicalPlan.Table table) {
    return new FeedPlan.Table(
        name(table.name()),
        name(table.name()),
        table.rows(),
        table.bytes(),
        table.bytes() == 0 ? 0 : FeedPlan.Table.targetBytes(table.bytes(), table.rows(), 0),
        1,
        table.columns(),
        0,
        "mirror");
  }

  /** As the privacy report asks of them. */
  static List<PrivacyColumn> columns(String source, List<LogicalPublished> tables) {
    List<PrivacyColumn> columns = new ArrayList<>();
    for (LogicalPublished table : tables) {
      for (LogicalPublished.Column column : table.columns()) {
        boolean computed = column.generated() && column.taken();
        columns.add(
            new PrivacyColumn(
                source,
                table.name().schema(),
                table.name().table(),
                column.name(),
                column.type(),
                column.taken(),
                Optional.empty(),
                column.key(),
                column.key(),
                // The target computes it from columns that leave; no publication need name it.
                computed ? Optional.of(true) : column.published(),
                column.remains()));
      }
    }
    return columns;
  }

  /** Those that can be compared. */
  static List<ComparedTable> compared(List<LogicalPublished> tables) {
    return tables.stream()
        .filter(LogicalPublished::taken)
        .map(
            table ->
                new ComparedTable(
                    name(table.name()),
                    table.columns().stream()
                        .filter(column -> column.taken() && !column.generated())
                        .map(LogicalPublished.Column::name)
                        .toList(),
                    table.where(),
                    table.ready(),
                    table.appends()))
        .toList();
  }
}
