package io.tidemark.replicamanager;

import io.tidemark.replicamanager.LogicalVerdict.Follow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Says what would be made and altered for a native pipeline: a pure function. */
final class LogicalSteps {
  private LogicalSteps() {}

  /** In the order in which it would be done. */
  static List<String> of(
      LogicalSpec spec,
      LogicalSource.Known source,
      LogicalTarget.Known target,
      Map<LogicalTable, LogicalVerdict> verdicts) {
    List<String> steps = new ArrayList<>();
    types(source, target, steps);
    verdicts.forEach(
        (table, verdict) -> {
          if (verdict instanceof Follow follow) {
            table(target, table.name(), follow, steps);
          }
        });
    for (String publication : spec.publications()) {
      if (!source.publications().contains(publication)) {
        steps.add("at the source: CREATE PUBLICATION " + publication);
      }
    }
    verdicts.values().stream()
        .filter(
            verdict ->
                verdict instanceof Follow follow
                    && source.publishedAs(follow.as().table()).isEmpty())
        .map(verdict -> (Follow) verdict)
        .forEach(
            follow ->
                steps.add(
                    "at the source: ALTER PUBLICATION %s ADD %s"
                        .formatted(follow.as().publication(), follow.as().sql())));
    if (target.subscription().isEmpty()) {
      steps.add("at the source: the logical slot " + spec.slot());
      steps.add(
          "in the target: CREATE SUBSCRIPTION %s, %s"
              .formatted(
                  spec.subscription(),
                  LogicalPlanner.isBinary(source, target, verdicts) ? "binary" : "as text"));
    }
    return steps;
  }

  private static void types(
      LogicalSource.Known source, LogicalTarget.Known target, List<String> steps) {
    for (LogicalType type : source.types()) {
      List<String> there = target.types().get(type.name());
      if (there == null) {
        steps.add("in the target: the type " + type.name());
      } else {
        type.labels().stream()
            .filter(label -> !there.contains(label))
            .forEach(label -> steps.add("in the target: %s: %s".formatted(type.name(), label)));
      }
    }
  }

  private static void table(
      LogicalTarget.Known target, TableName name, Follow follow, List<String> steps) {
    if (target.table(name).isEmpty()) {
      steps.add("in the target: CREATE TABLE " + name.quoted());
    } else if (!target.isOurs(name)) {
      steps.add("in the target: takes over the table %s, which is empty".formatted(name));
    }
    follow.changes().forEach(change -> steps.add(alter(name, change)));
    if (!follow.revalue().isEmpty() || target.isStale(name)) {
      steps.add("in the target: empties %s and copies it again".formatted(name));
    }
  }

  private static String alter(TableName name, String change) {
    return "in the target: ALTER TABLE %s %s".formatted(name.quoted(), change);
  }
}
