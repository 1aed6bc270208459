package io.tidemark.config;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * How a cluster's WAL gets into the repository.
 *
 * @param rpo how often new WAL of the open segment is put
 * @param slot physical replication slot, made where it is missing
 * @param applicationName what {@code synchronous_standby_names} may name
 * @param ack when a position is reported to the primary as flushed
 * @param bufferBytes of received WAL that is not put yet, in memory
 * @param spoolLimitBytes of WAL on the local disk that is not in the store, for {@link Ack#LOCAL}
 * @param uploads puts at the same time
 * @param statusInterval how often the position is reported, at least
 */
public record ArchiveSettings(
    boolean enabled,
    Method method,
    Duration rpo,
    String slot,
    String applicationName,
    Ack ack,
    long bufferBytes,
    long spoolLimitBytes,
    int uploads,
    Duration statusInterval,
    WalRemoved walRemoved) {

  private static final Pattern SLOT = Pattern.compile("[a-z0-9_]{1,63}");
  private static final Pattern APPLICATION = Pattern.compile("[A-Za-z0-9_.-]{1,63}");

  /** Which way WAL comes. */
  public enum Method {
    /** Tidemark receives it from a replication slot. */
    STREAM,
    /** PostgreSQL's archive_command hands it over: {@code tidemark wal-push %p}. */
    PUSH
  }

  /** What is called durable. */
  public enum Ack {
    /** In the object store. */
    REPOSITORY,
    /** On the local disk, fsynced. */
    LOCAL
  }

  /** What happens where the primary has removed WAL that is not archived. */
  public enum WalRemoved {
    /** The gap is recorded, archiving goes on behind it, and a backup is asked for. */
    GAP,
    /** Archiving stops until somebody decides. */
    STOP
  }

  public ArchiveSettings {
    new Checks()
        .between("rpo", rpo, Duration.ofMillis(100), Duration.ofHours(1))
        .matches(SLOT, "slot", slot, "a slot name of 1 to 63 characters a-z, 0-9 and _")
        .matches(
            APPLICATION,
            "application-name",
            applicationName,
            "a name of 1 to 63 characters A-Z, a-z, 0-9, _, . and -")
        .that(
            ack == Ack.REPOSITORY || method == Method.STREAM,
            "ack",
            "ack: local with method: push",
            "repository: archive_command waits for it")
        .bytesBetween("buffer", bufferBytes, 16 << 20, 4L << 30)
        .bytesBetween("spool-limit", spoolLimitBytes, 64 << 20, 16L << 40)
        .between("uploads", uploads, 1, 64)
        .between("status-interval", statusInterval, Duration.ofMillis(100), Duration.ofSeconds(10))
        .done();
  }

  /**
   * Whether nothing was ever acknowledged that does not lie in the repository without a gap: not so
   * where it may be in a spool, or where PostgreSQL hands over one segment after the other.
   */
  public boolean acknowledgesStoredOnly() {
    return method == Method.STREAM && ack == Ack.REPOSITORY;
  }

  /** What holds for a cluster whose file says nothing. */
  public static ArchiveSettings defaults(String cluster) {
    return read(cluster, Section.empty());
  }

  static ArchiveSettings read(String cluster, Section section) {
    String full = "tidemark_" + cluster.replaceAll("[^a-z0-9_]", "_");
    String own = full.substring(0, Math.min(full.length(), 63));
    return section
        .build(
            () ->
                new ArchiveSettings(
                    section.get("enabled", Kind.FLAG, "true"),
                    section.get("method", Kind.choice(Method.class), "stream"),
                    section.get("rpo", Kind.DURATION, "1s"),
                    section.find("slot", Kind.TEXT, "tidemark_<cluster>").orElse(own),
                    section.find("application-name", Kind.TEXT, "tidemark_<cluster>").orElse(own),
                    section.get("ack", Kind.choice(Ack.class), "repository"),
                    section.get("buffer", Kind.SIZE, "48MiB"),
                    section.get("spool-limit", Kind.SIZE, "4GiB"),
                    section.get("uploads", Kind.NUMBER, "4"),
                    section.get("status-interval", Kind.DURATION, "1s"),
                    section.get("wal-removed", Kind.choice(WalRemoved.class), "gap")))
        .orElseGet(() -> defaults(cluster));
  }
}
