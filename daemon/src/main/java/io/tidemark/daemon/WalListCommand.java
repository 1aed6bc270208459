package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.WalGap;
import io.tidemark.repository.WalInventory;
import io.tidemark.repository.WalInventory.TimelineInventory;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists archived WAL. */
@Command(
    name = "list",
    description = {
      "Lists archived WAL: contiguous stretches, the transactions that ended in them, restore"
          + " points, and gaps."
    },
    footer = {
      "%nExamples:",
      "  tidemark wal list main",
      "  tidemark wal list main --timeline 2 --from 0/5000000 --to 0/7000000 --segments"
    })
final class WalListCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "CLUSTER", description = "A name under clusters: in the configuration.")
  String cluster = "";

  @Option(names = "--timeline", paramLabel = "N", description = "Only of this timeline.")
  int timeline;

  @Option(names = "--from", paramLabel = "LSN", description = "Only from there on.")
  String from = "";

  @Option(names = "--to", paramLabel = "LSN", description = "Only before there.")
  String to = "";

  @Option(names = "--segments", description = "Every segment by itself.")
  boolean segments;

  /** What {@code --json} prints. */
  record Report(String cluster, List<TimelineRow> timelines, List<String> remarks) {}

  /**
   * One timeline.
   *
   * @param parent from which it was left at {@code begin}
   */
  record TimelineRow(
      Timeline timeline,
      Optional<Timeline> parent,
      Lsn begin,
      List<StretchRow> stretches,
      List<GapRow> gaps) {}

  /**
   * Contiguous WAL, or with {@code --segments} a part of it in one segment.
   *
   * @param segments of which something is archived
   * @param transactions that committed or aborted
   */
  record StretchRow(
      Lsn from,
      Lsn to,
      Optional<String> segment,
      int segments,
      long transactions,
      Optional<Instant> firstEnd,
      Optional<Instant> lastEnd,
      List<PointRow> restorePoints) {}

  /** A restore point. */
  record PointRow(String name, Lsn lsn, Instant at) {}

  /** WAL that is missing. */
  record GapRow(Lsn from, Lsn to, boolean onRecord, Instant recorded, String reason) {}

  WalListCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    ClusterSettings settings = configuration.cluster(cluster);
    Lsn lowest = lsn("--from", from, Lsn.ZERO);
    Lsn highest = lsn("--to", to, new Lsn(-1L));
    try (Wiring wiring = invocation.wiring(configuration)) {
      ClusterRepository repository = wiring.repository(settings);
      WalInventory inventory = repository.wal().inventory();
      WalRows rows = new WalRows(repository.wal(), inventory.segmentSize(), lowest, highest);
      List<TimelineRow> found =
          inventory.timelines().stream()
              .filter(each -> timeline == 0 || each.timeline().id() == timeline)
              .map(each -> row(each, rows, lowest, highest))
              .toList();
      invocation
          .output()
          .result(
              new Report(cluster, found, inventory.remarks()),
              () -> text(found, inventory.remarks()));
      return 0;
    }
  }

  private static Lsn lsn(String option, String text, Lsn otherwise) {
    try {
      return text.isEmpty() ? otherwise : Lsn.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          option + " found '" + text + "'; expected an LSN such as 0/3000148",
          "",
          e);
    }
  }

  private TimelineRow row(TimelineInventory each, WalRows rows, Lsn lowest, Lsn highest) {
    return new TimelineRow(
        each.timeline(),
        each.history().parent(),
        each.history().start(),
        each.stretches().stream()
            .flatMap(stretch -> rows.of(each.timeline(), stretch, segments).stream())
            .toList(),
        each.gaps().stream()
            .filter(gap -> gap.to().isAfter(lowest) && gap.from().isBefore(highest))
            .map(WalListCommand::row)
            .toList());
  }

  private static GapRow row(WalGap gap) {
    return new GapRow(gap.from(), gap.to(), gap.isOnRecord(), gap.recorded(), gap.reason());
  }

  private static String text(List<TimelineRow> timelines, List<String> remarks) {
    StringBuilder text = new StringBuilder();
    for (TimelineRow timeline : timelines) {
      text.append("timeline ").append(timeline.timeline());
      timeline
          .parent()
          .ifPresent(
              parent ->
                  text.append(", left timeline %s at %s".formatted(parent, timeline.begin())));
      text.append('\n').append(table(timeline.stretches()).text());
      timeline.stretches().stream()
          .flatMap(stretch -> stretch.restorePoints().stream())
          .forEach(
              point ->
                  text.append(
                      "  restore point '%s' at %s, %s\n"
                          .formatted(point.name(), point.lsn(), Human.exactTime(point.at()))));
      timeline
          .gaps()
          .forEach(
              gap ->
                  text.append(
                      "  GAP %s to %s: %s\n".formatted(gap.from(), gap.to(), gap.reason())));
    }
    remarks.forEach(remark -> text.append("remark: ").append(remark).append('\n'));
    return text.isEmpty() ? "no WAL is archived there" : text.toString().stripTrailing();
  }

  private static Table table(List<StretchRow> stretches) {
    Table table = new Table("from", "to", "WAL", "segments", "transactions", "first", "last");
    Function<Optional<Instant>, String> time = at -> at.map(Human::time).orElse("none");
    for (StretchRow row : stretches) {
      table.row(
          row.from().toString(),
          row.to().toString(),
          Human.bytes(row.to().minus(row.from())),
          row.segment().orElse(Integer.toString(row.segments())),
          Long.toString(row.transactions()),
          time.apply(row.firstEnd()),
          time.apply(row.lastEnd()));
    }
    return table;
  }
}
