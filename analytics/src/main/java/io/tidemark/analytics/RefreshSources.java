package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * How fresh the sources of some pipelines are at one moment, by the view {@code data_as_of} of the
 * state schema. A pipeline without a source there has not begun, and is not fresh.
 *
 * @param pipelines that were asked for
 */
record RefreshSources(Collection<String> pipelines, List<Source> sources) {

  /**
   * @param dataAsOf empty while the first copy is not complete
   */
  record Source(String pipeline, String name, Optional<Instant> dataAsOf, boolean paused) {
    boolean isAsFreshAs(Instant due) {
      return dataAsOf.filter(found -> !found.isBefore(due)).isPresent();
    }

    @Override
    public String toString() {
      return pipeline + "/" + name;
    }

    private static Source read(Row row) throws SQLException {
      return new Source(
          row.text("pipeline"),
          row.text("source"),
          row.optionalInstant("data_as_of"),
          row.text("state").equals("paused"));
    }
  }

  RefreshSources {
    pipelines = List.copyOf(pipelines);
    sources = List.copyOf(sources);
  }

  static RefreshSources read(
      PostgresSession session, String stateSchema, Collection<String> pipelines) {
    return new RefreshSources(
        pipelines,
        session.query(
            "SELECT pipeline, source, data_as_of, state FROM "
                + Sql.name(stateSchema)
                + ".data_as_of WHERE pipeline = ANY (string_to_array(?, ','))",
            Source::read,
            String.join(",", pipelines)));
  }

  /** What must still be waited for, in words; empty when all is fresh. */
  List<String> late(Instant due) {
    List<String> late = new ArrayList<>();
    sources.stream()
        .filter(source -> !source.paused() && !source.isAsFreshAs(due))
        .forEach(source -> late.add(source.toString()));
    new TreeSet<>(pipelines)
        .stream()
            .filter(each -> sources.stream().noneMatch(source -> source.pipeline().equals(each)))
            .forEach(each -> late.add(each + ", which has no source yet"));
    return late;
  }

  /** Paused sources that are not fresh, which are not waited for. */
  List<String> pausedBehind(Instant due) {
    return sources.stream()
        .filter(source -> source.paused() && !source.isAsFreshAs(due))
        .map(Source::toString)
        .toList();
  }

  /** Of the oldest source, paused or not; empty where one is not known or there is none. */
  Optional<Instant> oldest() {
    boolean unknown =
        sources.stream().anyMatch(source -> source.dataAsOf().isEmpty())
            || pipelines.stream()
                .anyMatch(
                    each -> sources.stream().noneMatch(source -> source.pipeline().equals(each)));
    return unknown
        ? Optional.empty()
        : sources.stream()
            .flatMap(source -> source.dataAsOf().stream())
            .min(Comparator.naturalOrder());
  }
}
