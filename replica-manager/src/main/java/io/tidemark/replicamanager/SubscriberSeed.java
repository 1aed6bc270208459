package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.DriverSql;
import io.tidemark.postgres.HostPort;
import io.tidemark.postgres.PostgresEndpoint;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.SystemId;
import io.tidemark.replicamanager.LogicalVerdict.Follow;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes a replica that Tidemark built the target of a native pipeline, so that nothing is copied:
 * its server becomes one of its own, subscribed to what it was a standby of. Who runs it holds the
 * replica's lock. What is in it beside what the pipeline takes stays there, and is named.
 *
 * <p>The source's publication is for all tables at first, as pg_createsubscriber makes it, and is
 * narrowed in one transaction before anything is applied.
 */
public final class SubscriberSeed {
  /** For the source to see that pg_createsubscriber's connection is gone. */
  private static final Duration SLOT_LIMIT = Duration.ofSeconds(30);

  private final LogicalSpec spec;
  private final ReplicaSpec replica;
  private final ReplicaControl control;

  /**
   * What would be taken over.
   *
   * @param tables that follow the source then
   * @param left what is there beside and stays, each with the SQL or the decision that it takes
   * @param begun whether a former run came so far that the replica is a server of its own
   */
  public record Plan(List<TableName> tables, List<String> left, boolean begun) {
    public Plan {
      tables = List.copyOf(tables);
      left = List.copyOf(left);
    }
  }

  public SubscriberSeed(LogicalSpec spec, ReplicaSpec replica) {
    this.spec = spec;
    this.replica = replica;
    this.control = new ReplicaControl(replica);
  }

  /**
   * Looks whether it can be done, and changes nothing.
   *
   * @throws TidemarkException CONFIG_INVALID where replica and pipeline do not fit;
   *     SOFTWARE_MISSING without pg_createsubscriber; CHECK_FAILED where the source is not ready;
   *     DIRECTORY_REFUSED where the replica is not Tidemark's
   */
  public Plan plan() {
    requireConfigured();
    new Ownership(replica).requireOurs();
    new CreateSubscriber(spec, replica, control.server().installation()).require();
    try (LogicalSourceObserver source = new LogicalSourceObserver(spec)) {
      LogicalSource.Known known = source.see();
      boolean begun = isBegun();
      requireReady(source.session(), known, begun);
      if (control.server().isRunning()) {
        requireTarget();
      }
      Map<LogicalTable, LogicalVerdict> verdicts = verdicts(known);
      return new Plan(
          followed(verdicts).keySet().stream().map(LogicalTable::name).toList(),
          SeedRemains.of(spec, source.session(), verdicts),
          begun);
    }
  }

  /**
   * Does it; the same command goes on where one broke off.
   *
   * @throws TidemarkException POSTGRES_REFUSED, TIMED_OUT, POSTGRES_UNREACHABLE; LOCAL_IO
   */
  public void run(Plan plan) {
    if (!plan.begun()) {
      // The daemon lets it be from here on, also where this breaks off.
      Wish before = control.wish();
      control.wish(new Wish.Promoted());
      control.server().stop();
      CreateSubscriber program =
          new CreateSubscriber(spec, replica, control.server().installation());
      tryOut(program, before);
      // From here on the directory can never be a standby again.
      program.run();
    }
    try (LogicalSourceObserver source = new LogicalSourceObserver(spec)) {
      requireOfItsOwn(source.session().systemIdentifier());
      LogicalSource.Known known = source.see();
      Map<LogicalTable, Follow> followed = followed(verdicts(known));
      narrow(source.session(), followed);
      control.server().startOnItsOwn();
      try (PostgresSession target = PostgresSession.open(spec.target())) {
        adopt(source.session(), target, known, followed);
      }
    }
    release();
  }

  private void tryOut(CreateSubscriber program, Wish before) {
    try {
      program.tryOut();
    } catch (TidemarkException e) {
      control.wish(before);
      control.server().start();
      throw e;
    }
  }

  // What must be so

  private void requireConfigured() {
    String cluster = spec.settings().cluster();
    if (!replica.settings().cluster().equals(cluster)) {
      throw new TidemarkException(
          ErrorCode.CONFIG_INVALID,
          "the replica %s is of the cluster %s; expected one of %s, which the source of the pipeline"
                  .formatted(replica.name(), replica.settings().cluster(), cluster)
              + " is of",
          "Name a replica of that cluster.");
    }
    HostPort self = new HostPort(replica.settings().host(), replica.settings().port());
    boolean there =
        spec.target().hosts().equals(List.of(self))
            && spec.target().database().equals(spec.source().database());
    if (!there) {
      throw new TidemarkException(
          ErrorCode.CONFIG_INVALID,
          "analytics.target is %s at %s; expected %s at %s, which the replica %s becomes"
              .formatted(
                  spec.target().database(),
                  spec.target().hosts(),
                  spec.source().database(),
                  self,
                  replica.name()),
          "Set analytics.target: {host: %s, port: %d, database: %s}, or leave the replica as it is:"
                  .formatted(self.host(), self.port(), spec.source().database())
              + " then the subscription copies the tables.");
    }
    if (replica.settings().delay().isPresent()) {
      throw new TidemarkException(
          ErrorCode.CONFIG_INVALID,
          "the replica %s is delayed; expected one that is level with its primary"
              .formatted(replica.name()),
          "Make one of kind: read for it.");
    }
  }

  private void requireReady(PostgresSession source, LogicalSource.Known known, boolean begun) {
    List<String> wrong = new ArrayList<>();
    if (!known.walLevel().equals("logical")) {
      wrong.add("the source has wal_level = %s; expected logical".formatted(known.walLevel()));
    }
    if (source
        .value("SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper")
        .isEmpty()) {
      wrong.add(
          "%s is no superuser at the source, which a publication of all tables needs"
              .formatted(spec.source().user()));
    }
    if (!begun && (known.slot().isPresent() || !known.publications().isEmpty())) {
      wrong.add(
          "the source has a slot or publication %s already: tidemark analytics drop %s %s"
              .formatted(spec.slot(), spec.pipeline().name(), spec.settings().name()));
    }
    if (!wrong.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.CHECK_FAILED,
          String.join("; ", wrong),
          "Correct it, and give the command again.");
    }
  }

  /** Its roles are the source's, so that it can be asked before it is a server of its own. */
  private void requireTarget() {
    PostgresEndpoint endpoint =
        spec.target().withHosts(spec.target().hosts(), PostgresEndpoint.Target.ANY);
    try (PostgresSession session = PostgresSession.open(endpoint)) {
      boolean may =
          session
              .value(
                  "SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolname = ?)",
                  spec.source().user())
              .isPresent();
      if (!may) {
        throw new TidemarkException(
            ErrorCode.CHECK_FAILED,
            "analytics.target.user is %s; expected %s, who will own the subscription, or a superuser"
                .formatted(spec.target().user(), spec.source().user()),
            "Set analytics.target.user.");
      }
    }
  }

  private boolean isBegun() {
    return control.wish() instanceof Wish.Promoted
        && !Files.exists(replica.directory().resolve("standby.signal"));
  }

  /** A new identifier is the last thing that pg_createsubscriber writes. */
  private void requireOfItsOwn(SystemId sources) {
    if (ControlFileReader.read(replica.directory()).systemId().equals(sources)) {
      throw new TidemarkException(
          ErrorCode.RECOVERY_UNPROVEN,
          "%s is no standby any more and has the source's system identifier: pg_createsubscriber"
                  .formatted(replica.directory())
              + " did not come to its end",
          "Build it anew: tidemark replica rebuild %s. At the source, drop the slot %s and the publication %s."
              .formatted(replica.name(), spec.slot(), spec.publication()));
    }
  }

  // What is taken

  /** As if nothing were in the target: all that is there came from the source. */
  private Map<LogicalTable, LogicalVerdict> verdicts(LogicalSource.Known source) {
    LogicalTarget.Known nothing =
        new LogicalTarget.Known(
            source.major(), List.of(), Set.of(), Map.of(), Map.of(), Optional.empty());
    return LogicalPlanner.verdicts(spec, source, nothing);
  }

  private static Map<LogicalTable, Follow> followed(Map<LogicalTable, LogicalVerdict> verdicts) {
    Map<LogicalTable, Follow> followed = new LinkedHashMap<>();
    verdicts.forEach(
        (table, verdict) -> {
          if (verdict instanceof Follow follow) {
            followed.put(table, follow);
          }
        });
    return followed;
  }

  // What is done

  /** One transaction: whatever is decoded finds the publication, before as after. */
  private void narrow(PostgresSession source, Map<LogicalTable, Follow> followed) {
    source.transaction(
        () -> {
          for (String publication : List.of(spec.publication(), spec.appendPublication())) {
            source.execute("DROP PUBLICATION IF EXISTS " + publication);
          }
          for (String publication : spec.publications()) {
            String tables =
                followed.values().stream()
                    .filter(follow -> follow.as().publication().equals(publication))
                    .map(follow -> follow.as().sql())
                    .collect(Collectors.joining(", "));
            source.execute(
                DriverSql.withoutParameters(spec.createPublication(publication, tables)));
          }
          return true;
        });
  }

  /** Writes down that the tables are this pipeline's, and are copied; the rest is the manager's. */
  private void adopt(
      PostgresSession source,
      PostgresSession target,
      LogicalSource.Known known,
      Map<LogicalTable, Follow> followed) {
    LogicalState state = new LogicalState(spec.pipeline().name(), spec.stateSchema());
    state.create(target);
    followed.forEach(
        (table, follow) -> {
          state.own(target, table.name(), table.sent(follow.as().columns()));
          state.subscribed(target, table.name());
        });
    Subscription subscription = new Subscription(spec, target, Optional.of(() -> source));
    subscription.stand();
    awaitIdleSlot(source);
    subscription.takeOver(known.major());
  }

  private void awaitIdleSlot(PostgresSession source) {
    Waiting waiting = new Waiting(SLOT_LIMIT);
    while (!waiting.isOver()) {
      if (source
          .value(
              "SELECT 1 FROM pg_replication_slots WHERE slot_name = ? AND NOT active",
              spec.slot().name())
          .isPresent()) {
        return;
      }
      waiting.pause();
    }
    throw new TidemarkException(
        ErrorCode.SLOT_UNUSABLE,
        "the slot %s of the source is not there, or is read by somebody".formatted(spec.slot()),
        "See pg_replication_slots and pg_stat_replication for who it is.");
  }

  /** The last thing: nothing of Tidemark's takes the directory for a replica any more. */
  private void release() {
    try {
      ReplicaHome.unmark(replica.directory());
      replica.home().deleteState();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "the state of the replica %s cannot be deleted: %s".formatted(replica.name(), e),
          "Delete %s and %s by hand: the pipeline follows already."
              .formatted(
                  replica.directory().resolve(ReplicaHome.MARKER), replica.home().stateFile()),
          e);
    }
  }
}
