package io.tidemark.config;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What is done for the people who read the analytics database.
 *
 * @param group the role that may read everything that pipelines write; analysts are members of it
 * @param refreshes materialized views by {@code schema.name}
 */
public record AnalystSettings(String group, Map<String, Refresh> refreshes) {

  private static final Pattern VIEW = Pattern.compile("[^.\\s]{1,63}\\.[^.\\s]{1,63}");

  /**
   * When a materialized view is refreshed.
   *
   * @param schedule Quartz cron expression; empty: only when asked for
   * @param waitLimit how long it waits at most until the data of every pipeline is as fresh as the
   *     schedule's moment; then it is refreshed all the same
   * @param concurrently so that readers are not held up; needs a unique index on it
   */
  public record Refresh(Optional<String> schedule, Duration waitLimit, boolean concurrently) {
    public Refresh {
      new Checks()
          .between("wait-limit", waitLimit, Duration.ofSeconds(1), Duration.ofDays(1))
          .done();
    }

    static Optional<Refresh> read(Section section) {
      return section.build(
          () ->
              new Refresh(
                  section.require("schedule", Kind.CRON),
                  section.get("wait-limit", Kind.DURATION, "10m"),
                  section.get("concurrently", Kind.FLAG, "true")));
    }
  }

  public AnalystSettings {
    refreshes = Collections.unmodifiableMap(new LinkedHashMap<>(refreshes));
    Checks checks = new Checks();
    checks
        .matches(
            AnalyticsSettings.IDENTIFIER, "group", group, AnalyticsSettings.IDENTIFIER_EXPECTED)
        .that(
            !group.startsWith("pg_") && !group.equals("public") && !group.equals("none"),
            "group",
            "\"" + group + "\", which PostgreSQL keeps for itself",
            "a role's name");
    for (String view : refreshes.keySet()) {
      checks.matches(
          VIEW, "materialized-views." + view, view, "schema.name, such as reports.daily");
    }
    checks.done();
  }

  static AnalystSettings read(Section section) {
    Map<String, Refresh> refreshes = new LinkedHashMap<>();
    section
        .sections("materialized-views", "view")
        .forEach((name, each) -> Refresh.read(each).ifPresent(read -> refreshes.put(name, read)));
    return section
        .build(() -> new AnalystSettings(section.get("group", Kind.TEXT, "analysts"), refreshes))
        .orElseGet(() -> new AnalystSettings("analysts", Map.of()));
  }
}
