package io.tidemark.daemon;

import io.tidemark.analytics.Analyst;
import io.tidemark.analytics.Analysts;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists analysts. */
@Command(
    name = "list",
    description = "Lists the people that were made by `add`, and what they use.",
    footer = {"%nExample:", "  tidemark analytics user list"})
final class AnalyticsUserListCommand implements Callable<Integer> {
  private final Invocation invocation;

  /** What {@code --json} prints. */
  record Report(List<Analyst> users) {}

  AnalyticsUserListCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    try (AnalyticsDesk desk = AnalyticsDesk.open(invocation)) {
      List<Analyst> all = Analysts.of(desk.state().session(), desk.settings()).list();
      invocation.output().result(new Report(all), () -> text(all));
      return 0;
    }
  }

  private static String text(List<Analyst> all) {
    Table table =
        new Table("name", "may log in", "tables", "size", "sessions", "last active", "query time");
    for (Analyst each : all) {
      table.row(
          each.name(),
          each.mayLogIn() ? "yes" : "no",
          "" + each.tables(),
          Human.bytes(each.schemaBytes()),
          "" + each.sessions(),
          Human.orUnknown(each.lastActive(), Human::time),
          Human.orUnknown(each.queryTime(), Human::duration));
    }
    return (table.isEmpty() ? "  none\n" : table.text()).stripTrailing();
  }
}
