package io.tidemark.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Results as Markdown. */
final class Report {
  private Report() {}

  /** A heading and a table with a row for each program. */
  static String of(Result result) {
    String heading =
        "### %s%s, median (lowest–highest) of %d\n\n"
            .formatted(
                result.task().title,
                result.bytes() == 0 ? "" : ": " + ByteSize.spell(result.bytes()),
                result.tidemark().runs().size());
    return heading
        + head(result)
        + result.rows().stream().map(row -> line(result, row)).collect(Collectors.joining());
  }

  /** What was promised, met or missed; empty where nothing was measured that was promised. */
  static String targets(List<Result> results) {
    List<String> lines = new ArrayList<>();
    results.stream()
        .flatMap(result -> Target.of(result).stream())
        .forEach(t -> lines.add(t.line()));
    return lines.isEmpty()
        ? ""
        : "### Targets\n\n| target | expected | measured | |\n|---|---|---|---|\n"
            + String.join("\n", lines)
            + "\n";
  }

  private static String head(Result result) {
    String head =
        "| program | %s | MB/s | CPU s | PostgreSQL's CPU s | %smemory MiB | stored MiB | Tidemark ÷ it | load before |\n"
            .formatted(
                result.task().seconds,
                result.more().stream().map(column -> column + " | ").collect(Collectors.joining()));
    return head + "|" + "---|".repeat(9 + result.more().size()) + "\n";
  }

  private static String line(Result result, Row row) {
    return "| %s | %s | %s | %s | %s | %s%s | %s | %s | %s |\n"
        .formatted(
            row.name(),
            row.seconds().text(),
            result.bytes() == 0 ? "–" : "%.0f".formatted(result.megabytesPerSecond(row)),
            row.spread(Measured::cpuSeconds).text(),
            row.spread(Measured::serverCpuSeconds).text(),
            result.more().stream()
                .map(column -> row.more(column).map(Spread::text).orElse("–") + " | ")
                .collect(Collectors.joining()),
            row.peakBytes() == 0 ? "–" : ByteSize.mib(row.peakBytes()),
            row.storedBytes().isPresent() ? ByteSize.mib(row.storedBytes().getAsLong()) : "",
            row.equals(result.tidemark()) || !result.hasTidemark()
                ? ""
                : Spread.number(result.ratioTo(row)),
            row.spread(Measured::load).text());
  }
}
