package io.tidemark.postgres;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * How BASE_BACKUP is asked for. WAL is never included, and its archiving not waited for.
 *
 * @param label goes into backup_label; no control characters
 * @param fast checkpoint at full speed; else it may take most of checkpoint_timeout
 * @param startLimit how long to wait for that checkpoint
 * @param maxRateKibPerSecond 32 to 1048576; empty for no limit
 * @param manifest with a backup_manifest at the end, with CRC-32C checksums
 */
public record BaseBackupOptions(
    String label,
    boolean fast,
    Duration startLimit,
    OptionalInt maxRateKibPerSecond,
    boolean manifest) {

  public BaseBackupOptions {
    if (label.isEmpty() || label.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("not a label of a backup: '" + label + "'");
    }
  }

  String command() {
    List<String> options = new ArrayList<>();
    options.add("LABEL '" + label.replace("'", "''") + "'");
    options.add("PROGRESS");
    options.add("CHECKPOINT '" + (fast ? "fast" : "spread") + "'");
    options.add("WAIT 0");
    maxRateKibPerSecond.ifPresent(rate -> options.add("MAX_RATE " + rate));
    options.add("TABLESPACE_MAP");
    options.add(manifest ? "MANIFEST 'yes', MANIFEST_CHECKSUMS 'CRC32C'" : "MANIFEST 'no'");
    return "BASE_BACKUP (" + String.join(", ", options) + ")";
  }
}
