package io.tidemark.repository;

import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegment;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The keys of one cluster's objects. The only class that spells them; {@link WalKey} reads those of
 * the WAL archive back. A method named for several things gives a prefix that ends in a slash.
 *
 * @param cluster the name under which the cluster's part begins
 */
record Keys(String cluster) {
  /** The last name of the object that makes a group a cluster's part of a repository. */
  static final String IDENTITY = "cluster.json";

  /** The last name of a timeline's history. */
  static final String HISTORY = "history";

  /** The group of a timeline's indexes. */
  static final String INDEX = "index";

  /** The group of a timeline's gaps. */
  static final String GAPS = "gaps";

  static final String SEGMENT_SUFFIX = ".wal";
  static final String TAILS_SUFFIX = ".tail";
  static final String JSON_SUFFIX = ".json";
  private static final Pattern CLUSTER = Pattern.compile("[a-z0-9_-]{1,40}");
  private static final Pattern WORK = Pattern.compile("[a-z0-9_-]{1,40}");

  Keys {
    if (!isClusterName(cluster)) {
      throw new IllegalArgumentException(
          "a cluster's name in a repository is 1 to 40 of a-z, 0-9, _ and -, not '"
              + cluster
              + "'");
    }
  }

  static boolean isClusterName(String name) {
    return CLUSTER.matcher(name).matches();
  }

  String identity() {
    return cluster + "/" + IDENTITY;
  }

  String dataKeys() {
    return cluster + "/keys/";
  }

  String dataKey(String keyId, int n) {
    return dataKeys() + keyId + "-" + n + JSON_SUFFIX;
  }

  String timelines() {
    return cluster + "/wal/";
  }

  String timeline(Timeline timeline) {
    return timelines() + timeline.hex() + "/";
  }

  String history(Timeline timeline) {
    return timeline(timeline) + HISTORY;
  }

  /** Whether a child of a timeline's group, not of a log, is one that the format has. */
  static boolean isKnownInTimeline(String name) {
    return name.equals(HISTORY) || name.equals(INDEX + "/") || name.equals(GAPS + "/");
  }

  String log(Timeline timeline, String log) {
    return timeline(timeline) + log + "/";
  }

  String log(WalSegment segment) {
    return log(segment.timeline(), segment.log());
  }

  String segment(WalSegment segment) {
    return log(segment) + segment.name() + SEGMENT_SUFFIX;
  }

  String tails(WalSegment segment) {
    return log(segment) + segment.name() + TAILS_SUFFIX + "/";
  }

  /** Offsets in the segment: {@code from} inclusive, {@code to} exclusive. */
  String tail(WalSegment segment, long from, long to) {
    return tails(segment) + hex8(from) + "-" + hex8(to);
  }

  String indexes(Timeline timeline) {
    return timeline(timeline) + INDEX + "/";
  }

  String index(WalSegment anyOfLog) {
    return indexes(anyOfLog.timeline()) + anyOfLog.log();
  }

  String gaps(Timeline timeline) {
    return timeline(timeline) + GAPS + "/";
  }

  String gap(WalGap gap) {
    return gaps(gap.timeline())
        + hex16(gap.from().value())
        + "-"
        + hex16(gap.to().value())
        + JSON_SUFFIX;
  }

  String backups() {
    return cluster + "/backups/";
  }

  String backup(BackupName name) {
    return backups() + name + "/";
  }

  String backupBegan(BackupName name) {
    return backup(name) + "backup.json";
  }

  String packs(BackupName name) {
    return backup(name) + "packs/";
  }

  String pack(PackName name) {
    return packs(name.backup()) + String.format(Locale.ROOT, "%08d.pack", name.number());
  }

  String manifest(BackupName name) {
    return backup(name) + "manifest";
  }

  String leases() {
    return cluster + "/leases/";
  }

  String leases(String work) {
    if (!WORK.matcher(work).matches()) {
      throw new IllegalArgumentException(
          "a lease is for work named by 1 to 40 of a-z, 0-9, _ and -, not '" + work + "'");
    }
    return leases() + work + "/";
  }

  String lease(String work, long n) {
    return leases(work) + hex16(n) + JSON_SUFFIX;
  }

  /** An object that is put only to read the store's clock, and removed at once. */
  String clock(long random) {
    return cluster + "/clock/" + hex16(random);
  }

  private static String hex8(long value) {
    return String.format(Locale.ROOT, "%08X", value);
  }

  private static String hex16(long value) {
    return String.format(Locale.ROOT, "%016X", value);
  }
}
