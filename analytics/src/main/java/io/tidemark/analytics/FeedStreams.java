package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.LogicalMessage.Relation;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PgoutputOptions;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.WalStream;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the stream of a feed: the connection, the session that applies, and what is between. */
final class FeedStreams {
  private static final Logger LOG = LoggerFactory.getLogger(FeedStreams.class);

  private final FeedSpec spec;
  private final FeedLinks links;
  private final FeedLoader loader;
  private final FeedVitals vitals;
  private final DecodingMode mode;

  FeedStreams(
      FeedSpec spec, FeedLinks links, FeedLoader loader, FeedVitals vitals, DecodingMode mode) {
    this.spec = spec;
    this.links = links;
    this.loader = loader;
    this.vitals = vitals;
    this.mode = mode;
  }

  /** A stream and what it holds open. */
  static final class Open implements AutoCloseable {
    private final List<PostgresSession> targets = new ArrayList<>();
    private final List<Applier> appliers = new ArrayList<>();
    private @Nullable ReplicationConnection connection;
    private @Nullable FeedStream stream;

    FeedStream stream() {
      return Objects.requireNonNull(stream);
    }

    /** Rows that changes were for and that were not there, by table, since the last call. */
    Map<TableName, Long> takeMissing() {
      Map<TableName, Long> all = new TreeMap<>();
      for (Applier each : appliers) {
        each.takeMissing().forEach((table, rows) -> all.merge(table, rows, Long::sum));
      }
      return all;
    }

    @Override
    public void close() {
      // The slot is in use for as long as the connection lives, whatever becomes of the files.
      try (ReplicationConnection _ = connection) {
        if (stream != null) {
          stream.close();
        }
      } finally {
        targets.forEach(PostgresSession::close);
      }
    }
  }

  Open open(FeedRole role, FeedRow feed, TableMapping mapping) {
    Map<TableName, ActiveTable> active = active(role, mapping);
    ValueForm form = form(active.values());
    Map<TableName, ActiveTable> tables = new HashMap<>();
    active.forEach((name, table) -> tables.put(name, table.inForm(form)));
    Open open = new Open();
    try {
      ApplyOrder order = new ApplyOrder(feed.applied());
      for (int i = 0; i < spec.pipeline().applyWorkers(); i++) {
        open.targets.add(openTarget());
        open.appliers.add(
            new Applier(
                order,
                open.targets.getLast(),
                spec.state(),
                role,
                spec.batchBytes(),
                Applier.PATIENCE));
      }
      ReplicationConnection connection = ReplicationConnection.openLogical(spec.decoded());
      open.connection = connection;
      WalStream wal =
          connection.startLogical(
              spec.slot(role),
              feed.applied(),
              new PgoutputOptions(
                  loader.publications().names(),
                  form == ValueForm.BINARY,
                  mode.isStreaming(feed.applied())),
              links.decoded().serverVersion().major());
      clearSpool(role);
      open.stream =
          new FeedStream(
              wal,
              new ChangeReader(
                  tables,
                  this::advise,
                  spec.spoolDirectory(),
                  spoolPrefix(role),
                  spec.batchBytes()),
              new ApplyThreads(order, open.appliers, "apply-" + spec.name()),
              vitalsOf(role),
              feed.applied(),
              spec.pipeline().batchDelay(),
              spec.batchBytes() / 2);
      vitals.opened(form);
      return open;
    } catch (RuntimeException e) {
      open.close();
      throw e;
    }
  }

  private PostgresSession openTarget() {
    PostgresSession target = links.targets().get();
    try {
      // A batch finds its rows by their keys. For a large one, by the default, the planner would
      // rather read the whole table, which takes longer even where the table is small.
      target.execute("SET random_page_cost = 0.1");
      // It waits for its turn in a transaction, and for more of a large one.
      target.execute("SET idle_in_transaction_session_timeout = 0");
      return target;
    } catch (RuntimeException e) {
      target.close();
      throw e;
    }
  }

  /** One for all tables. */
  private ValueForm form(Collection<ActiveTable> tables) {
    Optional<String> obstacle =
        tables.stream().flatMap(table -> BinaryForm.obstacle(table.mapped()).stream()).findFirst();
    obstacle.ifPresent(found -> LOG.debug("{}: values come as text: {}", spec.name(), found));
    return obstacle.isPresent() ? ValueForm.TEXT : mode.best();
  }

  private FeedStream.FeedProgress vitalsOf(FeedRole role) {
    return role == FeedRole.MAIN ? vitals : new FeedVitals();
  }

  /** No name has a dot, so none is the beginning of another. */
  private String spoolPrefix(FeedRole role) {
    return spec.pipeline().name() + "." + spec.source().name() + "." + role.word() + ".";
  }

  /**
   * Files of a process that was killed are worth nothing. Only who has the slot may remove them:
   * nobody else can have begun one.
   */
  private void clearSpool(FeedRole role) {
    try {
      Files.createDirectories(spec.spoolDirectory());
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(spec.spoolDirectory(), spoolPrefix(role) + "*.spool")) {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "the spool directory " + spec.spoolDirectory() + " cannot be used: " + e,
          "make it writable, or set analytics.spool-directory",
          e);
    }
  }

  /** The tables of a feed whose changes are wanted, as the target has them. */
  private Map<TableName, ActiveTable> active(FeedRole role, TableMapping mapping) {
    PostgresSession target = links.target();
    List<SavedColumn> saved = spec.state().columns().all(target);
    Map<TableName, ActiveTable> tables = new HashMap<>();
    for (TableRow row : spec.state().tables(target)) {
      boolean follows =
          row.state() == TableState.CATCHING_UP || row.state() == TableState.STREAMING;
      if (follows && row.isMain() == (role == FeedRole.MAIN)) {
        mapping
            .table(row.name())
            .ifPresent(
                table ->
                    tables.put(
                        row.name(),
                        new ActiveTable(
                            SavedMapping.of(table, saved),
                            row.skipUntil().orElse(Lsn.ZERO),
                            row.overlapUntil().orElse(Lsn.ZERO))));
      }
    }
    return tables;
  }

  /** Asks the source what a table has become; the answer may be later than the stream. */
  private ShapeChange advise(MappedTable table, Relation relation) {
    Optional<MappedTable> now;
    try (FeedLinks own = new FeedLinks(spec)) {
      now = new FeedLoader(spec, own, () -> false).mapping().table(table.name());
    }
    return ShapeChanges.decide(table, relation, now, spec.isShared());
  }
}
