package io.tidemark.replicamanager;

import io.tidemark.config.ReadSettings;
import io.tidemark.config.ReadSettings.Policy;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.postgres.SlotName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which settings make a data directory the replica that is asked for. */
public final class StandbySettings {
  /** A standby that has one of them lower than the primary stops its replay. */
  static final Set<String> AT_LEAST_THE_PRIMARYS =
      Set.of(
          "max_connections",
          "max_worker_processes",
          "max_wal_senders",
          "max_prepared_transactions",
          "max_locks_per_transaction");

  private static final int SYNC_SLOTS_SINCE = 17;

  private StandbySettings() {}

  /**
   * All settings for postgresql.auto.conf, as they are written there.
   *
   * @param facts of its primary, or of a backup of it
   */
  public static Map<String, String> of(ReplicaSpec replica, PrimaryFacts facts, Wish wish) {
    Map<String, String> conf = new LinkedHashMap<>();
    ReplicaSettings asked = replica.settings();
    conf.put("listen_addresses", listen(asked.host()));
    conf.put("port", Integer.toString(asked.port()));
    conf.put("hot_standby", "on");
    conf.put("archive_mode", "off");
    conf.put("primary_conninfo", Conninfo.of(replica));
    conf.put("primary_slot_name", replica.slot().map(SlotName::name).orElse(""));
    conf.put("restore_command", replica.walGet().mode().restoreCommand());
    conf.put("recovery_target_timeline", "latest");
    conf.put("recovery_min_apply_delay", asked.delay().map(d -> d.toMillis() + "ms").orElse("0"));
    conf.putAll(trade(asked));
    if (facts.major() >= SYNC_SLOTS_SINCE) {
      conf.put("sync_replication_slots", asked.syncSlots() ? "on" : "off");
    }
    conf.putAll(asked.settings());
    conf.putAll(atLeast(facts, asked.settings()));
    if (wish instanceof Wish.HeldAt(String _, Map<String, String> target)) {
      conf.put("recovery_min_apply_delay", "0");
      conf.putAll(target);
    }
    return conf;
  }

  private static String listen(String host) {
    return host.equals("localhost") ? host : "localhost," + host;
  }

  /** Where replay and a query want different things, one must yield. */
  private static Map<String, String> trade(ReplicaSettings asked) {
    Optional<Policy> policy = asked.read().map(ReadSettings::policy);
    boolean queries = policy.filter(p -> p == Policy.QUERIES).isPresent();
    String patience = queries ? "-1" : "30s";
    Map<String, String> trade = new LinkedHashMap<>();
    trade.put("hot_standby_feedback", queries || asked.syncSlots() ? "on" : "off");
    trade.put("max_standby_streaming_delay", patience);
    trade.put("max_standby_archive_delay", patience);
    return trade;
  }

  private static Map<String, String> atLeast(PrimaryFacts facts, Map<String, String> asked) {
    Map<String, String> least = new LinkedHashMap<>();
    least.put("max_connections", largest("max_connections", facts.maxConnections(), asked));
    least.put(
        "max_worker_processes", largest("max_worker_processes", facts.maxWorkerProcesses(), asked));
    least.put("max_wal_senders", largest("max_wal_senders", facts.maxWalSenders(), asked));
    least.put(
        "max_prepared_transactions",
        largest("max_prepared_transactions", facts.maxPreparedTransactions(), asked));
    least.put(
        "max_locks_per_transaction",
        largest("max_locks_per_transaction", facts.maxLocksPerTransaction(), asked));
    return least;
  }

  private static String largest(String name, int primarys, Map<String, String> asked) {
    String own = asked.getOrDefault(name, "");
    boolean higher = own.matches("[0-9]{1,9}") && Integer.parseInt(own) > primarys;
    return higher ? own : Integer.toString(primarys);
  }
}
