package io.tidemark.daemon;

import java.util.List;
import java.util.Locale;

/**
 * Every metric that the daemon serves beside the JVM's own. What is not known is absent, never 0.
 * docs/METRICS.md is this list; a test holds the two equal.
 */
enum Metric {
  BUILD_INFO(Kind.GAUGE, "Always 1; the label says which Tidemark this is.", "version"),
  UP(Kind.GAUGE, "1 where the cluster's PostgreSQL answered the last observation.", "cluster"),
  READY(Kind.GAUGE, "1 where /readyz has nothing to say against the cluster.", "cluster"),
  CONFIG_RELOAD_SUCCESS(Kind.GAUGE, "0 where the last reload was refused."),

  ARCHIVE_STATE(
      Kind.GAUGE, "1 for the state the archiver is in, 0 for others.", "cluster", "state"),
  ARCHIVE_RECEIVED_LSN_BYTES(
      Kind.GAUGE, "Address after the last byte of WAL received.", "cluster", "timeline"),
  ARCHIVE_DURABLE_LSN_BYTES(
      Kind.GAUGE, "Address after the last byte of WAL that is durable.", "cluster", "timeline"),
  ARCHIVE_LAG_BYTES(Kind.GAUGE, "WAL of the server that is not durable yet.", "cluster"),
  ARCHIVE_LAG_SECONDS(
      Kind.GAUGE, "Age of the oldest WAL that is not durable; 0 when there is none.", "cluster"),
  ARCHIVE_LAST_COMMIT_TIMESTAMP_SECONDS(
      Kind.GAUGE, "Time of the latest durable commit since the start.", "cluster"),
  ARCHIVE_SEGMENTS_TOTAL(Kind.COUNTER, "Whole segments put.", "cluster"),
  ARCHIVE_TAILS_TOTAL(Kind.COUNTER, "Tails of open segments put.", "cluster"),
  ARCHIVE_BYTES_TOTAL(Kind.COUNTER, "Raw WAL put, in segments and tails.", "cluster"),
  ARCHIVE_PUT_FAILURES_TOTAL(Kind.COUNTER, "Tries of a put that failed.", "cluster"),
  ARCHIVE_RECONNECTS_TOTAL(
      Kind.COUNTER, "Connections and streams that failed and were made anew.", "cluster"),
  ARCHIVE_GAPS_TOTAL(Kind.COUNTER, "Gaps recorded since the start.", "cluster"),
  ARCHIVE_GAPS(Kind.GAUGE, "Gaps in the archive, on record or found as holes.", "cluster"),
  ARCHIVE_QUEUE_BYTES(Kind.GAUGE, "Memory that holds WAL which is not put yet.", "cluster"),
  ARCHIVE_QUEUE_LIMIT_BYTES(Kind.GAUGE, "The most that the queue may hold.", "cluster"),

  WAL_PUSH_FILES_TOTAL(Kind.COUNTER, "Files that wal-push handed over, by outcome.", "outcome"),
  WAL_PUSH_LAST_TIMESTAMP_SECONDS(Kind.GAUGE, "When wal-push last archived a file."),

  SLOT_ACTIVE(Kind.GAUGE, "1 where the slot is in use.", "cluster", "slot"),
  SLOT_MISSING(Kind.GAUGE, "1 where Tidemark's own slot is not there.", "cluster", "slot"),
  SLOT_LOST(Kind.GAUGE, "1 where the slot's WAL is removed.", "cluster", "slot"),
  SLOT_AT_RISK(Kind.GAUGE, "1 where the slot's WAL will be removed soon.", "cluster", "slot"),
  SLOT_UNBOUNDED(
      Kind.GAUGE, "1 where nothing limits what slots keep on the server's disk.", "cluster"),
  SLOT_RETAINED_BYTES(Kind.GAUGE, "WAL that the slot keeps on the server.", "cluster", "slot"),
  SLOT_SAFE_BYTES(
      Kind.GAUGE, "WAL that may be written before the slot is in danger.", "cluster", "slot"),
  SLOT_TIME_TO_LOSS_SECONDS(
      Kind.GAUGE,
      "How long the slot may stay unread from now on, at the WAL rate of busy minutes.",
      "cluster",
      "slot"),
  SLOT_OWNED(Kind.GAUGE, "1 where something configured here reads the slot.", "cluster", "slot"),
  SLOT_ORPHAN(
      Kind.GAUGE,
      "1 where nobody reads the slot, or it has a name of Tidemark's, and nothing configured here"
          + " owns it.",
      "cluster",
      "slot"),
  SLOT_HORIZON_TRANSACTIONS(
      Kind.GAUGE,
      "Transactions begun since the oldest whose rows the slot keeps from VACUUM.",
      "cluster",
      "slot"),
  SLOT_HORIZON_SECONDS(
      Kind.GAUGE, "For how long that has been the same transaction.", "cluster", "slot"),
  STANDBY_LAG_BYTES(
      Kind.GAUGE,
      "WAL between the server's end and a standby, by stage: sent, write, flush, replay.",
      "cluster",
      "standby",
      "stage"),
  STANDBY_HORIZON_TRANSACTIONS(
      Kind.GAUGE,
      "Transactions begun since the oldest whose rows a standby's feedback keeps from VACUUM.",
      "cluster",
      "standby"),
  STANDBY_HORIZON_SECONDS(
      Kind.GAUGE, "For how long that has been the same transaction.", "cluster", "standby"),
  SERVER_LSN_BYTES(Kind.GAUGE, "Address after the last byte of WAL that is written.", "cluster"),
  SERVER_WAL_BYTES_PER_SECOND(Kind.GAUGE, "At which the server writes WAL, smoothed.", "cluster"),
  SERVER_WAL_HIGH_BYTES_PER_SECOND(
      Kind.GAUGE, "That 95 of 100 minutes of the last day stayed below.", "cluster"),

  HEARTBEAT_PERIOD_SECONDS(Kind.GAUGE, "How often a heartbeat is to be written.", "cluster"),
  HEARTBEAT_AGE_SECONDS(
      Kind.GAUGE, "Since the newest heartbeat was written on the primary.", "cluster"),
  HEARTBEAT_SILENT(
      Kind.GAUGE,
      "1 where none was written for three periods: then no age of data is known.",
      "cluster"),
  HEARTBEAT_BEATS_TOTAL(Kind.COUNTER, "Heartbeats written.", "cluster"),
  HEARTBEAT_FAILURES_TOTAL(Kind.COUNTER, "Heartbeats that could not be written.", "cluster"),
  HEARTBEAT_CLOCK_OFFSET_SECONDS(
      Kind.GAUGE, "By how much the primary's clock is ahead of this machine's.", "cluster"),
  HEARTBEAT_CLOCK_ERROR_SECONDS(
      Kind.GAUGE, "The most by which that may be wrong: half of a round trip.", "cluster"),
  HEARTBEAT_ARCHIVED_AGE_SECONDS(
      Kind.GAUGE, "Age of the newest commit that is in the archive.", "cluster"),

  REPLICA_EXPECTED(
      Kind.GAUGE,
      "1 where the replica is to run and be fed; 0 while it is built, promoted or dropped.",
      "cluster",
      "replica"),
  REPLICA_PRESENT(
      Kind.GAUGE, "1 where it runs and is fed the way that its kind is.", "cluster", "replica"),
  REPLICA_UP(Kind.GAUGE, "1 where its server answers.", "cluster", "replica"),
  REPLICA_STREAMING(
      Kind.GAUGE, "1 where it receives WAL from its upstream now.", "cluster", "replica"),
  REPLICA_HELD(
      Kind.GAUGE, "1 where replay is held, by command or at a target.", "cluster", "replica"),
  REPLICA_DECISION(
      Kind.GAUGE,
      "1 for what the manager decided last, 0 for others.",
      "cluster",
      "replica",
      "decision"),
  REPLICA_DECISION_SECONDS(
      Kind.GAUGE, "For how long it has been decided so, for one reason.", "cluster", "replica"),
  REPLICA_ACTION_FAILED(
      Kind.GAUGE, "1 where the last action failed and is still to be done.", "cluster", "replica"),
  REPLICA_FRESHNESS_OBJECTIVE_SECONDS(
      Kind.GAUGE, "The oldest that its data should be, beyond its delay.", "cluster", "replica"),
  REPLICA_DATA_AGE_SECONDS(
      Kind.GAUGE,
      "How old the data is that it shows, where a heartbeat tells it.",
      "cluster",
      "replica"),
  REPLICA_DATA_AGE_AT_LEAST_SECONDS(
      Kind.GAUGE,
      "The same, and a lower bound where what it has replayed is older than the heartbeat.",
      "cluster",
      "replica"),
  REPLICA_DELAY_SECONDS(
      Kind.GAUGE, "What a delayed standby is to hold back.", "cluster", "replica"),
  REPLICA_DELAY_EXCESS_SECONDS(
      Kind.GAUGE,
      "Age of its data beyond the delay, negative where it is nearer; absent while held.",
      "cluster",
      "replica"),
  REPLICA_DELAY_SHORT(
      Kind.GAUGE,
      "1 where it has replayed what is younger than its delay: the safety window is gone.",
      "cluster",
      "replica"),
  REPLICA_LAG_BYTES(
      Kind.GAUGE,
      "WAL that waits before a stage: send, receive, flush, replay; whole: written and not"
          + " replayed.",
      "cluster",
      "replica",
      "stage"),
  REPLICA_REPLAYED_LSN_BYTES(
      Kind.GAUGE, "Address after the last byte of WAL replayed.", "cluster", "replica"),
  REPLICA_CATCH_UP_SECONDS(
      Kind.GAUGE,
      "When it will have replayed everything, as things go; absent where never or not known.",
      "cluster",
      "replica"),
  REPLICA_WILL_CATCH_UP(
      Kind.GAUGE, "0 where it replays no faster than WAL is written.", "cluster", "replica"),
  REPLICA_REPLAY_CAPACITY_BYTES_PER_SECOND(
      Kind.GAUGE, "The most that it replayed while it had a backlog.", "cluster", "replica"),
  REPLICA_REPLAY_UTILISATION_RATIO(
      Kind.GAUGE, "WAL of busy minutes as a part of that.", "cluster", "replica"),
  REPLICA_CONFLICTS_TOTAL(
      Kind.COUNTER,
      "Queries cancelled because replay went first, by cause.",
      "cluster",
      "replica",
      "cause"),
  REPLICA_TRANSACTIONS_TOTAL(
      Kind.COUNTER, "Transactions that ended on it, in all databases.", "cluster", "replica"),

  ANALYTICS_TARGET_UP(Kind.GAUGE, "1 where the analytics database answered the last look."),
  ANALYTICS_EXPECTED(
      Kind.GAUGE,
      "1 where the source is to flow: started, neither paused nor dropped.",
      "pipeline",
      "source"),
  ANALYTICS_UP(
      Kind.GAUGE, "1 where it is copied or followed without a failure.", "pipeline", "source"),
  ANALYTICS_FAILED(
      Kind.GAUGE, "1 where the last turns failed and are tried again.", "pipeline", "source"),
  ANALYTICS_DECISION(
      Kind.GAUGE, "1 for what was decided last, 0 for others.", "pipeline", "source", "decision"),
  ANALYTICS_FRESHNESS_OBJECTIVE_SECONDS(
      Kind.GAUGE, "The oldest that its data should be.", "pipeline", "source"),
  ANALYTICS_DATA_AGE_SECONDS(
      Kind.GAUGE,
      "Since the newest commit that is applied, with engine: native since the newest moment up to"
          + " which all are; the source's clock against this machine's, less the offset where a"
          + " heartbeat of the cluster measures it.",
      "pipeline",
      "source"),
  ANALYTICS_LAG_BYTES(
      Kind.GAUGE, "WAL of the source that is not applied yet.", "pipeline", "source"),
  ANALYTICS_APPLIED_LSN_BYTES(
      Kind.GAUGE, "Address before which everything is applied.", "pipeline", "source"),
  ANALYTICS_UNMOVED_SECONDS(
      Kind.GAUGE,
      "Since that moved, while the source is ahead; 0 where it is not.",
      "pipeline",
      "source"),
  ANALYTICS_TABLES(Kind.GAUGE, "Tables by state.", "pipeline", "source", "state"),
  ANALYTICS_COPY_BYTES(
      Kind.GAUGE, "Copied of the tables whose copy is under way.", "pipeline", "source"),
  ANALYTICS_COPY_PLANNED_BYTES(
      Kind.GAUGE, "Their size at the source when it began.", "pipeline", "source"),
  ANALYTICS_TRANSACTIONS_TOTAL(
      Kind.COUNTER, "Transactions of the source applied since its copy.", "pipeline", "source"),
  ANALYTICS_CHANGES_TOTAL(Kind.COUNTER, "Changes of rows in them.", "pipeline", "source"),
  ANALYTICS_RECEIVED_BYTES_TOTAL(
      Kind.COUNTER, "Read from the slot since the start.", "pipeline", "source"),
  ANALYTICS_MISSING_ROWS_TOTAL(
      Kind.COUNTER,
      "Rows that a change was for and that the target had not, since the start.",
      "pipeline",
      "source"),
  ANALYTICS_REBUILDS_TOTAL(
      Kind.COUNTER,
      "Times that the slot was of no use any more and everything was brought in again.",
      "pipeline",
      "source"),
  ANALYTICS_VERIFICATION_MISMATCHES(
      Kind.GAUGE, "Rows that the last comparisons found to differ.", "pipeline", "source"),
  ANALYTICS_VERIFICATION_AGE_SECONDS(
      Kind.GAUGE,
      "Since the comparison of the table that was compared longest ago.",
      "pipeline",
      "source"),
  ANALYTICS_REFRESH_FAILED(
      Kind.GAUGE, "1 where the last refresh of a materialized view failed.", "view"),
  ANALYTICS_REFRESH_LAST_SUCCESS_TIMESTAMP_SECONDS(
      Kind.GAUGE, "When a refresh of it last succeeded.", "view"),

  BACKUP_LAST_SUCCESS_TIMESTAMP_SECONDS(
      Kind.GAUGE, "Start of the newest completed backup.", "cluster"),
  BACKUP_DURATION_SECONDS(Kind.GAUGE, "From start to stop of the newest backup.", "cluster"),
  BACKUP_BYTES(Kind.GAUGE, "Size of the files in the newest backup.", "cluster"),
  BACKUP_STORED_BYTES(Kind.GAUGE, "What the newest backup takes in the store.", "cluster"),
  BACKUPS(Kind.GAUGE, "Completed backups in the catalogue.", "cluster"),
  BACKUPS_DAMAGED(Kind.GAUGE, "Backups whose manifest cannot be read.", "cluster"),
  BACKUP_RUNNING(Kind.GAUGE, "1 while this daemon takes a backup.", "cluster"),
  BACKUP_FAILURES_TOTAL(Kind.COUNTER, "Scheduled backups that failed.", "cluster"),
  BACKUP_DAMAGED_PAGES(Kind.GAUGE, "Damaged pages in the last backup of this daemon.", "cluster"),
  BACKUP_OVERDUE_SECONDS(
      Kind.GAUGE, "Since when a scheduled backup is due; 0 when none is.", "cluster"),
  RESTORABLE_OLDEST_TIMESTAMP_SECONDS(
      Kind.GAUGE, "The earliest moment that can be restored.", "cluster"),
  RESTORABLE_NEWEST_TIMESTAMP_SECONDS(
      Kind.GAUGE, "The latest commit that can be restored.", "cluster"),
  REPOSITORY_REACHABLE(
      Kind.GAUGE, "1 where the last look into the repository succeeded.", "cluster"),
  REPOSITORY_BYTES(
      Kind.GAUGE, "What backups and WAL take in the store; looked up hourly.", "cluster", "kind"),
  EXPIRE_LAST_SUCCESS_TIMESTAMP_SECONDS(Kind.GAUGE, "When this daemon last ran expiry.", "cluster"),
  EXPIRE_DELETED_TOTAL(Kind.COUNTER, "Objects that expiry removed since the start.", "cluster"),
  EXPIRE_FAILURES_TOTAL(Kind.COUNTER, "Runs of expiry that failed.", "cluster"),

  STORE_REQUESTS_TOTAL(
      Kind.EVENTS, "Operations on the store, by outcome.", "repository", "operation", "outcome"),
  STORE_RETRIES_TOTAL(Kind.EVENTS, "Operations that were tried again.", "repository", "operation"),
  STORE_BYTES_TOTAL(Kind.EVENTS, "Bytes put and read.", "repository", "operation"),
  STORE_REQUEST_DURATION_SECONDS(
      Kind.HISTOGRAM, "How long operations took, retries included.", "repository", "operation");

  /** How it is kept. */
  enum Kind {
    /** Asked for at each scrape. */
    GAUGE,
    /** Asked for at each scrape, and only grows. */
    COUNTER,
    /** Counted as it happens. */
    EVENTS,
    /** Counted as it happens, by buckets. */
    HISTOGRAM;

    /** Prometheus' word. */
    String word() {
      return this == EVENTS ? COUNTER.word() : name().toLowerCase(Locale.ROOT);
    }
  }

  private final Kind kind;
  private final String help;
  private final String labels;

  Metric(Kind kind, String help, String... labels) {
    this.kind = kind;
    this.help = help;
    this.labels = String.join(" ", labels);
  }

  /** As it is served: {@code tidemark_archive_lag_bytes}. */
  String id() {
    return "tidemark_" + name().toLowerCase(Locale.ROOT);
  }

  Kind kind() {
    return kind;
  }

  String help() {
    return help;
  }

  List<String> labels() {
    return labels.isEmpty() ? List.of() : List.of(labels.split(" "));
  }
}
