package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.replicamanager.SlotOwner;
import io.tidemark.replicamanager.SlotView;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Drops a slot on a primary. */
@Command(
    name = "drop",
    description = {
      "Drops a replication slot on a primary: whoever reads it has lost its place. Refuses one that"
          + " is read now, and one that something configured here needs, unless --force is given."
    },
    footer = {"%nExample:", "  tidemark slot drop main tidemark_replica_gone"})
final class SlotDropCommand implements Callable<Integer> {
  private static final Duration END_LIMIT = Duration.ofSeconds(15);
  private static final Duration LOOK = Duration.ofMillis(200);

  private final Invocation invocation;

  @Parameters(
      index = "0",
      paramLabel = "CLUSTER",
      description = "A name under clusters: in the configuration.")
  String cluster = "";

  @Parameters(index = "1", paramLabel = "SLOT", description = "A name as `slot list` shows it.")
  String slot = "";

  @Option(
      names = "--force",
      description = "Also one that is needed, or that is read now: its reader is cut off.")
  boolean force;

  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  /**
   * What {@code --json} prints.
   *
   * @param freedBytes of WAL that it kept
   */
  record Report(String cluster, String slot, long freedBytes) {}

  SlotDropCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    Configuration configuration = invocation.configuration();
    ClusterSettings settings = configuration.cluster(cluster);
    SlotView found = find(configuration, settings);
    requireUnused(found);
    long kept = found.retainedBytes().orElse(0);
    Output output = invocation.output();
    output.announce(
        "%s on the primary of %s is dropped; it keeps %s of WAL, which the primary may then remove."
            .formatted(slot, cluster, Human.bytes(kept)));
    invocation.confirmation().require(yes, "Drop the slot " + slot + "?");
    try (PostgresSession session = Wiring.session(settings)) {
      drop(session);
    }
    output.result(new Report(cluster, slot, kept), () -> "%s is dropped".formatted(slot));
    return 0;
  }

  private SlotView find(Configuration configuration, ClusterSettings settings) {
    return SlotListCommand.look(configuration, settings).slots().stream()
        .filter(each -> each.name().name().equals(slot))
        .filter(each -> !ReplicaReader.health(each.health()).equals("missing"))
        .findFirst()
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.SLOT_UNUSABLE,
                    "there is no slot " + slot + " on the primary of " + cluster,
                    "See: tidemark slot list " + cluster));
  }

  private void requireUnused(SlotView found) {
    if (force) {
      return;
    }
    if (found.active()) {
      throw new TidemarkException(
          ErrorCode.SLOT_UNUSABLE,
          slot + " is read now; expected one that nobody reads",
          "Stop its reader first, or cut it off with --force.");
    }
    if (found.owner() == SlotOwner.TIDEMARK) {
      throw new TidemarkException(
          ErrorCode.SLOT_UNUSABLE,
          slot + " is needed by what the configuration names; expected an orphan",
          "Drop the replica (tidemark replica drop), or take it out of the configuration; or"
              + " --force.");
    }
  }

  private void drop(PostgresSession session) throws InterruptedException {
    long began = System.nanoTime();
    while (isActive(session) && System.nanoTime() - began < END_LIMIT.toNanos()) {
      session.execute(
          "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
              + " WHERE slot_name = ? AND active_pid IS NOT NULL",
          slot);
      Thread.sleep(LOOK);
    }
    session.execute("SELECT pg_drop_replication_slot(?)", slot);
  }

  private boolean isActive(PostgresSession session) {
    return force
        && session
            .value("SELECT 1 FROM pg_replication_slots WHERE slot_name = ? AND active", slot)
            .isPresent();
  }
}
