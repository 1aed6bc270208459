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
  STANDBY_LAG_BYTES(
      Kind.GAUGE,
      "WAL between the server's end and a standby, by stage: sent, write, flush, replay.",
      "cluster",
      "standby",
      "stage"),
  SERVER_WAL_BYTES_PER_SECOND(Kind.GAUGE, "At which the server writes WAL, smoothed.", "cluster"),

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
