package io.tidemark.config;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * How and when base backups are taken.
 *
 * @param schedule Quartz cron expression; empty: only when asked for
 * @param parallel files read and compressed at the same time
 * @param standby how the standby is reached; present exactly with {@link From#STANDBY}
 * @param pageChecksums whether pages are verified where the cluster has checksums
 * @param bandwidthLimitBytesPerSecond of what is read from the data directory; empty: no limit
 * @param onDamage what a damaged page does to the backup
 */
public record BackupSettings(
    Optional<String> schedule,
    int parallel,
    From from,
    Optional<ConnectionSettings> standby,
    boolean pageChecksums,
    OptionalLong bandwidthLimitBytesPerSecond,
    Checkpoint checkpoint,
    OnDamage onDamage) {

  /** Which server is read. */
  public enum From {
    PRIMARY,
    STANDBY
  }

  /** How the checkpoint at the start is made: at once, or gently. */
  public enum Checkpoint {
    FAST,
    SPREAD
  }

  /** A damaged page is recorded and reported either way. */
  public enum OnDamage {
    WARN,
    FAIL
  }

  public BackupSettings {
    new Checks()
        .between("parallel", parallel, 1, 64)
        .that(
            from == From.PRIMARY || standby.isPresent(),
            "standby",
            "none with from: standby",
            "the standby's connection; what it leaves out is taken from connection:")
        .that(
            from == From.STANDBY || standby.isEmpty(),
            "standby",
            "a connection with from: primary",
            "it only with from: standby")
        .bytesBetween(
            "bandwidth-limit",
            bandwidthLimitBytesPerSecond.orElse(RepositorySettings.LEAST_RATE),
            RepositorySettings.LEAST_RATE,
            Long.MAX_VALUE)
        .done();
  }

  /** What holds for a cluster whose file says nothing. */
  public static BackupSettings defaults() {
    return read(Section.empty(), Section.empty());
  }

  /**
   * @param connection the cluster's, for what {@code standby:} leaves out
   */
  static BackupSettings read(Section section, Section connection) {
    return section
        .build(
            () ->
                new BackupSettings(
                    section.get("schedule", Kind.CRON, "0 0 2 * * ?"),
                    section.get("parallel", Kind.NUMBER, "2"),
                    section.get("from", Kind.choice(From.class), "primary"),
                    standby(section, connection),
                    section.get("page-checksums", Kind.FLAG, "true"),
                    Section.toLong(section.find("bandwidth-limit", Kind.RATE)),
                    section.get("checkpoint", Kind.choice(Checkpoint.class), "spread"),
                    section.get("on-damage", Kind.choice(OnDamage.class), "warn")))
        .orElseGet(BackupSettings::defaults);
  }

  private static Optional<ConnectionSettings> standby(Section section, Section connection) {
    Section standby = section.section("standby");
    return section.has("standby")
        ? ConnectionSettings.read(standby.over(connection))
        : Optional.empty();
  }
}
