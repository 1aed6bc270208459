package io.tidemark.daemon;

import io.tidemark.analytics.FeedPlan;
import io.tidemark.analytics.PrivacyRow;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Pipelines as people read of them. */
final class AnalyticsText {
  /** Of a plan; a database of thousands of tables has as many. */
  private static final int MOST_STEPS = 30;

  private AnalyticsText() {}

  static String plans(List<SourcePlan> plans) {
    return plans.isEmpty()
        ? "  none: the configuration has no pipelines"
        : plans.stream().map(AnalyticsText::plan).collect(Collectors.joining("\n\n"));
  }

  private static String plan(SourcePlan plan) {
    Table table = new Table("table", "into", "mode", "rows", "size", "ranges", "columns", "masked");
    for (FeedPlan.Table each : plan.tables()) {
      table.row(
          each.name().toString(),
          each.target().toString(),
          each.mode(),
          each.rows().isPresent() ? "~" + each.rows().getAsLong() : "unknown",
          Human.bytes(each.bytes()),
          "" + each.ranges(),
          "" + each.columns(),
          "" + each.masks());
    }
    StringBuilder text = new StringBuilder();
    text.append(
        "%s/%s: %d tables, %s\n"
            .formatted(
                plan.pipeline(),
                plan.source(),
                plan.tables().size(),
                plan.passed() ? "can be started" : "WOULD NOT COME TO AN END"));
    text.append(table.isEmpty() ? "" : table.text());
    line(
        text,
        "copy",
        "%s at %s (%s): %s"
            .formatted(
                Human.bytes(plan.bytes()),
                rate(plan.copyBytesPerSecond()),
                plan.copyRateFrom(),
                Human.duration(plan.estimate().copyTime())));
    line(
        text,
        "wal",
        "%s are written, so that the slot keeps %s meanwhile, of %s"
            .formatted(
                rate(plan.walBytesPerSecond()),
                Human.bytes(plan.estimate().walKeptBytes()),
                plan.walKeepLimitBytes().map(Human::bytes).orElse("no limit")));
    line(text, "catch up", plan.estimate().catchUpTime().map(Human::duration).orElse("not known"));
    line(
        text,
        "target",
        "needs at most %s; free are %s"
            .formatted(
                Human.bytes(plan.targetBytes()),
                plan.targetFreeBytes().map(Human::bytes).orElse("not known from here")));
    plan.steps().stream().limit(MOST_STEPS).forEach(step -> line(text, "makes", step));
    if (plan.steps().size() > MOST_STEPS) {
      line(text, "makes", "%d more: --json".formatted(plan.steps().size() - MOST_STEPS));
    }
    plan.problems().forEach(problem -> line(text, "not taken", problem));
    plan.warnings().forEach(warning -> line(text, "note", warning));
    plan.refusals().forEach(refusal -> line(text, "REFUSED", refusal));
    return text.toString().stripTrailing();
  }

  private static String rate(long bytesPerSecond) {
    return Human.rate(bytesPerSecond, Duration.ofSeconds(1));
  }

  private static void line(StringBuilder text, String what, String found) {
    text.append("  %-10s %s\n".formatted(what, found));
  }

  static String statuses(List<SourceStatus> all, boolean tables) {
    Table table =
        new Table(
            "pipeline",
            "source",
            "state",
            "data as of",
            "age",
            "lag",
            "rate",
            "slot may keep",
            "tables");
    for (SourceStatus each : all) {
      table.row(
          each.pipeline(),
          each.source(),
          each.state(),
          Human.orUnknown(each.dataAsOf(), Human::time),
          Human.orUnknown(each.age(), Human::duration),
          Human.orUnknown(each.lagBytes(), Human::bytes),
          Human.orUnknown(each.bytesPerSecond(), AnalyticsText::rate),
          each.headroomBytes().map(bytes -> Human.bytes(bytes) + " more").orElse("no limit"),
          byState(each));
    }
    StringBuilder text =
        new StringBuilder(
            table.isEmpty() ? "  none: the configuration has no pipelines\n" : table.text());
    for (SourceStatus each : all) {
      each.problems()
          .forEach(
              problem ->
                  text.append("  %s/%s: %s\n".formatted(each.pipeline(), each.source(), problem)));
    }
    if (tables) {
      all.forEach(each -> text.append('\n').append(tables(each)));
    }
    return text.toString().stripTrailing();
  }

  private static String byState(SourceStatus status) {
    Map<String, Long> counts =
        status.tables().stream()
            .map(AnalyticsReport.Table::state)
            .collect(
                Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    return counts.isEmpty()
        ? "none yet"
        : counts.entrySet().stream()
            .map(each -> each.getValue() + " " + each.getKey())
            .collect(Collectors.joining(", "));
  }

  private static String tables(SourceStatus status) {
    Table table = new Table("table", "into", "state", "rows copied", "copied", "of", "note");
    for (AnalyticsReport.Table each : status.tables()) {
      table.row(
          each.table(),
          each.target(),
          each.state(),
          "" + each.rowsCopied(),
          Human.bytes(each.copiedBytes()),
          Human.bytes(each.plannedBytes()),
          each.note());
    }
    return "%s/%s\n%s"
        .formatted(
            status.pipeline(), status.source(), table.isEmpty() ? "  none yet\n" : table.text());
  }

  static String privacy(AnalyticsPrivacyCommand.Report report) {
    List<PrivacyRow> rows = report.rows();
    Table table = new Table("source", "table", "column", "type", "leaves", "how", "seen to by");
    for (PrivacyRow row : rows) {
      table.row(
          row.source(),
          row.table(),
          row.column(),
          row.type(),
          row.leaves() ? "yes" : "no",
          row.how(),
          row.enforcedBy().text());
    }
    StringBuilder text = new StringBuilder(table.isEmpty() ? "  no table\n" : table.text());
    for (PrivacyRow row : rows) {
      String name = "  %s %s.%s: ".formatted(row.source(), row.table(), row.column());
      row.warning().ifPresent(warning -> text.append(name).append(warning).append('\n'));
      row.violation()
          .ifPresent(wrong -> text.append(name).append("VIOLATION: ").append(wrong).append('\n'));
    }
    report
        .filters()
        .forEach(
            filter ->
                text.append(
                    "  %s %s: only rows WHERE %s\n"
                        .formatted(filter.source(), filter.table(), filter.where())));
    long leaving = rows.stream().filter(PrivacyRow::leaves).count();
    return text.append(
            "  %d of %d columns leave; %d are not as the configuration says"
                .formatted(
                    leaving,
                    rows.size(),
                    rows.stream().filter(row -> row.violation().isPresent()).count()))
        .toString();
  }
}
