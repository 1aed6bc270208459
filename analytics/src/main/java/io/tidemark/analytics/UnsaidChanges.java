package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Changes of a source that no stream tells of: of shapes, before the table's next row, and of
 * partitions that were truncated, attached or detached by themselves. They are looked for in the
 * catalog now and then. One thread uses it.
 */
final class UnsaidChanges {
  private final FeedSpec spec;
  private final FeedLinks links;
  private final CatalogWatch catalog;
  private final Duration period;
  private CatalogWatch.View watched = CatalogWatch.NOTHING;
  private Optional<CatalogWatch.Pending> pending = Optional.empty();

  /** Those of streams that have ended. */
  private Set<CatalogWatch.Truncation> truncations = Set.of();

  private long lookedNanos;

  /**
   * @param period from look to look
   */
  UnsaidChanges(FeedSpec spec, FeedLinks links, CatalogWatch catalog, Duration period) {
    this.spec = spec;
    this.links = links;
    this.catalog = catalog;
    this.period = period;
  }

  /**
   * What was found.
   *
   * @param reshaped whether tables, their shapes or publications are others than when the stream
   *     was begun
   * @param partitioned tables of which rows have come or gone untold
   */
  record Found(boolean reshaped, List<MappedTable> partitioned) {
    static final Found NOTHING = new Found(false, List.of());
  }

  /** What the source has now. */
  CatalogWatch.View view() {
    return catalog.look(links.primary());
  }

  /** A stream is to begin with what the source has now, which it gives. */
  CatalogWatch.View begin() {
    watched = view();
    pending = Optional.empty();
    return watched;
  }

  /** A stream ends; what it has told of counts on. */
  void ends(FeedStream stream) {
    Set<CatalogWatch.Truncation> all = new HashSet<>(truncations);
    all.addAll(stream.truncations());
    truncations = all;
  }

  /** Looks, where it is time to. What is different is weighed when the stream has come so far. */
  Found look(PostgresSession target, FeedStream stream, TableMapping mapping) {
    long now = System.nanoTime();
    if (now - lookedNanos < period.toNanos()) {
      return Found.NOTHING;
    }
    if (pending.isEmpty()) {
      lookedNanos = now;
      CatalogWatch.View view = view();
      if (!view.isLike(watched)) {
        return new Found(true, List.of());
      }
      pending = Optional.of(new CatalogWatch.Pending(view, links.decoded().currentWalLsn()));
      return Found.NOTHING;
    }
    CatalogWatch.Pending before = pending.get();
    Lsn applied = stream.applied();
    if (!applied.isAtLeast(before.from())) {
      return Found.NOTHING;
    }
    pending = Optional.empty();
    ends(stream);
    List<MappedTable> partitioned = weigh(target, before.view(), mapping);
    truncations = Set.copyOf(stream.truncations());
    return new Found(false, partitioned);
  }

  /** The stream has brought what it says of partitions; what is different now, it does not say. */
  private List<MappedTable> weigh(
      PostgresSession target, CatalogWatch.View view, TableMapping mapping) {
    SourceState state = spec.state();
    Map<TableName, String> storages = state.storages(target);
    List<MappedTable> found = new ArrayList<>();
    for (TableRow row : state.tables(target)) {
      CatalogWatch.Parts parts = view.parts().get(row.name());
      Optional<MappedTable> table = mapping.table(row.name());
      String known = storages.getOrDefault(row.name(), "");
      if (parts == null || table.isEmpty() || !row.isFollowed() || !row.isMain()) {
        continue;
      }
      CatalogWatch.Difference difference = parts.since(known, truncations, row.name());
      boolean unsaid =
          difference.isUnsaid()
              || difference.added().stream()
                  .anyMatch(leaf -> CatalogWatch.hasBrought(links.primary(), leaf));
      if (unsaid) {
        found.add(table.get());
      } else if (!parts.storage().equals(known)) {
        state.setStorage(target, row.name(), parts.storage());
      }
    }
    return found;
  }
}
