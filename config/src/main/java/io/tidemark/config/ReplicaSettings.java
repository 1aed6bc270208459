package io.tidemark.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * One physical standby on this machine.
 *
 * @param name 1 to 40 of a-z, 0-9 and _
 * @param cluster a key of {@link Configuration#clusters()}
 * @param directory its data directory
 * @param host under which Tidemark reaches it, by the cluster's user and password
 * @param manage whether the daemon creates it, starts it and keeps it so; else it only observes
 * @param upstream another replica that it streams from; empty: the primary
 * @param delay present exactly with {@link ReplicaKind#DELAYED}
 * @param slot on its upstream; always empty with {@link ReplicaKind#ARCHIVE_ONLY}, and with {@link
 *     ReplicaKind#DELAYED} where none is written: what waits out its delay may not stream for as
 *     long, and its slot would keep WAL on the primary that the archive has anyway
 * @param binDirectory of PostgreSQL's programs; empty: the cluster's, or found by the version
 * @param owner of the files, where Tidemark runs as root; empty: postgres
 * @param log that pg_ctl writes; empty: in the state directory
 * @param unit of systemd that starts and stops it; empty: pg_ctl does
 * @param settings of postgresql.conf, beside those that Tidemark sets
 * @param autoRebuild whether the daemon may replace the directory's content where nothing else
 *     helps
 * @param copyRateBytesPerSecond of a copy from a server, which is made where there is no backup;
 *     empty: as fast as it can
 * @param tablespaces that lie elsewhere than on the primary: location there → location here
 * @param read present exactly with {@link ReplicaKind#READ}
 * @param syncSlots whether it keeps copies of the primary's failover slots; from PostgreSQL 17
 * @param freshness the oldest that its data should be, beyond its delay
 */
public record ReplicaSettings(
    String name,
    String cluster,
    ReplicaKind kind,
    Path directory,
    String host,
    int port,
    boolean manage,
    Optional<String> upstream,
    Optional<Duration> delay,
    Optional<String> slot,
    Optional<Path> binDirectory,
    Optional<String> owner,
    Optional<Path> log,
    Optional<String> unit,
    Map<String, String> settings,
    boolean autoRebuild,
    OptionalLong copyRateBytesPerSecond,
    Map<Path, Path> tablespaces,
    Optional<ReadSettings> read,
    boolean syncSlots,
    Duration freshness,
    Duration startTimeout,
    Duration promoteTimeout) {

  static final Pattern NAME = Pattern.compile("[a-z0-9_]{1,40}");
  static final String NAME_EXPECTED = "a name of 1 to 40 characters from a-z, 0-9 and _";

  /** MAX_RATE of BASE_BACKUP (basebackup.h): 32 kB/s to 1 GB/s, of 1024 bytes each. */
  private static final long LEAST_COPY_RATE = 32 << 10;

  private static final long MOST_COPY_RATE = 1 << 30;

  private static final Pattern SLOT = Pattern.compile("[a-z0-9_]{1,63}");
  private static final Pattern UNIT = Pattern.compile("[A-Za-z0-9:_.@\\\\-]+\\.service");
  private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_.-]{0,31}");
  private static final Pattern SETTING = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]*");

  /** Those that Tidemark sets itself: another value would make it another kind of server. */
  private static final Pattern OWN_SETTING =
      Pattern.compile(
          "(?i)hot_standby|primary_conninfo|primary_slot_name|restore_command"
              + "|archive_cleanup_command|recovery_end_command|recovery_target\\w*"
              + "|recovery_min_apply_delay|archive_mode|archive_command|archive_library|port"
              + "|data_directory|sync_replication_slots|config_file|include\\w*");

  public ReplicaSettings {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    tablespaces = Collections.unmodifiableMap(new LinkedHashMap<>(tablespaces));
    Checks checks = new Checks();
    checks
        .between("port", port, 1, 65_535)
        .that(
            !host.startsWith("/") && !host.matches(".*[,\\s@?&=].*"),
            "host",
            host,
            "one host name or address")
        .that(
            delay.isPresent() || kind != ReplicaKind.DELAYED,
            "delay",
            "none with kind: delayed",
            "how long it waits before it applies, such as 4h")
        .that(
            delay.isEmpty() || kind == ReplicaKind.DELAYED,
            "delay",
            "one with kind: " + kind.word(),
            "it only with kind: delayed")
        .between(
            "delay",
            delay.orElse(Duration.ofMinutes(1)),
            Duration.ofSeconds(1),
            // recovery_min_apply_delay is a 32-bit number of milliseconds (guc_tables.c).
            Duration.ofDays(24))
        .that(
            read.isPresent() == (kind == ReplicaKind.READ),
            "read",
            "it with kind: " + kind.word(),
            "it only with kind: read")
        .bytesBetween(
            "copy-rate",
            copyRateBytesPerSecond.orElse(LEAST_COPY_RATE),
            LEAST_COPY_RATE,
            MOST_COPY_RATE)
        .that(
            copyRateBytesPerSecond.isEmpty() || kind != ReplicaKind.ARCHIVE_ONLY,
            "copy-rate",
            "one with kind: archive-only",
            "none: nothing is copied from a server")
        .between("freshness", freshness, Duration.ofSeconds(1), Duration.ofDays(7))
        .between("start-timeout", startTimeout, Duration.ofSeconds(1), Duration.ofDays(1))
        .between("promote-timeout", promoteTimeout, Duration.ofSeconds(1), Duration.ofDays(1));
    checkFeed(checks, kind, upstream, slot, syncSlots, read);
    checkPlace(checks, owner, log, unit);
    settings.keySet().forEach(setting -> checkSetting(checks, setting));
    checks.done();
  }

  private static void checkFeed(
      Checks checks,
      ReplicaKind kind,
      Optional<String> upstream,
      Optional<String> slot,
      boolean syncSlots,
      Optional<ReadSettings> read) {
    boolean archiveOnly = kind == ReplicaKind.ARCHIVE_ONLY;
    slot.ifPresent(
        name -> checks.matches(SLOT, "slot", name, "a slot name of 1 to 63 of a-z, 0-9 and _"));
    checks
        .that(
            slot.isEmpty() || !archiveOnly,
            "slot",
            "a slot with kind: archive-only",
            "none: it has no connection to the primary")
        .that(
            slot.isPresent() || archiveOnly || kind == ReplicaKind.DELAYED,
            "slot",
            "none with kind: " + Kind.spell(kind),
            "the name of one")
        .that(
            !syncSlots || slot.isPresent() || archiveOnly,
            "sync-slots",
            "true without a slot",
            "slot, too")
        .that(
            upstream.isEmpty() || !archiveOnly,
            "upstream",
            "one with kind: archive-only",
            "none: it is fed from the repository")
        .that(
            upstream.isEmpty() || kind != ReplicaKind.SYNC,
            "upstream",
            "one with kind: sync",
            "none: a primary waits only for who streams from it")
        .that(
            !syncSlots || (!archiveOnly && upstream.isEmpty()),
            "sync-slots",
            "true without a connection to the primary",
            "it only where the replica streams from the primary")
        .that(
            !syncSlots || read.filter(r -> r.policy() == ReadSettings.Policy.FRESHNESS).isEmpty(),
            "sync-slots",
            "true with read.policy: freshness",
            "read.policy: queries: slots need hot_standby_feedback");
  }

  private static void checkPlace(
      Checks checks, Optional<String> owner, Optional<Path> log, Optional<String> unit) {
    owner.ifPresent(user -> checks.matches(USER, "owner", user, "a user of this machine"));
    unit.ifPresent(
        name ->
            checks.matches(
                UNIT, "unit", name, "a unit of systemd such as postgresql@17-reports.service"));
    checks.that(
        unit.isEmpty() || log.isEmpty(),
        "log",
        "a log beside unit",
        "one of the two: systemd has the log of a unit");
  }

  private static void checkSetting(Checks checks, String setting) {
    checks
        .matches(SETTING, "settings", setting, "a name of a setting of PostgreSQL's")
        .that(
            !OWN_SETTING.matcher(setting).matches(),
            "settings",
            setting + ", which Tidemark sets itself",
            "it left out");
  }

  /** The slot's name where none is written. */
  public static String slotOf(String replica) {
    return "tidemark_replica_" + replica;
  }

  /** What its WAL receiver is called: the name for {@code synchronous_standby_names}. */
  public String applicationName() {
    return "tidemark_" + name;
  }

  static Optional<ReplicaSettings> read(String name, Section section) {
    ReplicaKind kind = section.require("kind", Kind.choice(ReplicaKind.class));
    Section read = section.section("read");
    ReadSettings reading = ReadSettings.read(read);
    return section.build(
        () ->
            new ReplicaSettings(
                name,
                section.require("cluster", Kind.TEXT),
                kind,
                section.require("directory", Kind.PATH),
                section.get("host", Kind.TEXT, "localhost"),
                section.require("port", Kind.NUMBER),
                section.get("manage", Kind.FLAG, "true"),
                section.find("upstream", Kind.TEXT, "the primary"),
                section.find("delay", Kind.DURATION),
                slot(name, kind, section),
                section.find("bin-directory", Kind.PATH),
                section.find("owner", Kind.TEXT, "postgres"),
                section.find(
                    "log", Kind.PATH, "<state-directory>/replicas/<replica>/postgresql.log"),
                section.find("unit", Kind.TEXT),
                section.texts("settings"),
                section.get("auto-rebuild", Kind.FLAG, "false"),
                Section.toLong(section.find("copy-rate", Kind.RATE)),
                section.paths("tablespaces"),
                kind == ReplicaKind.READ || section.has("read")
                    ? Optional.of(reading)
                    : Optional.empty(),
                section.get("sync-slots", Kind.FLAG, "false"),
                section.get("freshness", Kind.DURATION, "1m"),
                section.get("start-timeout", Kind.DURATION, "10m"),
                section.get("promote-timeout", Kind.DURATION, "10m")));
  }

  private static Optional<String> slot(String name, ReplicaKind kind, Section section) {
    Optional<String> written = section.find("slot", Kind.TEXT, "tidemark_replica_<replica>");
    return switch (kind) {
      case ARCHIVE_ONLY, DELAYED -> written;
      case READ, SYNC -> written.or(() -> Optional.of(slotOf(name)));
    };
  }
}
