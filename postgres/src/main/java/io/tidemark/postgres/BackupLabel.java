package io.tidemark.postgres;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A base backup's {@code backup_label}: where recovery begins (xlogbackup.c writes it, {@code
 * read_backup_label} in xlogrecovery.c reads it).
 *
 * @param start the redo point: replay begins here
 * @param startSegment the segment file that holds it
 * @param checkpoint where the checkpoint record is
 * @param method {@code streamed} in all supported majors
 * @param fromStandby whether the server was in recovery when the backup began
 * @param startTime as the server wrote it, in its log time zone
 * @param label what the backup was called
 * @param incrementalFrom the start of the backup that this one is based on (17 and later)
 */
public record BackupLabel(
    Lsn start,
    String startSegment,
    Lsn checkpoint,
    String method,
    boolean fromStandby,
    String startTime,
    String label,
    Timeline timeline,
    Optional<IncrementalFrom> incrementalFrom) {
  /** Its name in a data directory. */
  public static final String FILE_NAME = "backup_label";

  private static final Pattern START = Pattern.compile("(\\S+) \\(file ([0-9A-F]{24})\\)");

  /** The parent of an incremental backup. */
  public record IncrementalFrom(Lsn lsn, Timeline timeline) {}

  /** Reads the file's text. Throws IllegalArgumentException, naming the line that is wrong. */
  public static BackupLabel parse(String text) {
    Map<String, String> lines = lines(text);
    Matcher start = START.matcher(required(lines, "START WAL LOCATION"));
    if (!start.matches()) {
      throw new IllegalArgumentException("backup_label's START WAL LOCATION is wrong: " + text);
    }
    return new BackupLabel(
        Lsn.parse(start.group(1)),
        start.group(2),
        Lsn.parse(required(lines, "CHECKPOINT LOCATION")),
        lines.getOrDefault("BACKUP METHOD", ""),
        lines.getOrDefault("BACKUP FROM", "primary").equals("standby"),
        lines.getOrDefault("START TIME", ""),
        lines.getOrDefault("LABEL", ""),
        timeline(required(lines, "START TIMELINE")),
        lines.containsKey("INCREMENTAL FROM LSN")
            ? Optional.of(
                new IncrementalFrom(
                    Lsn.parse(required(lines, "INCREMENTAL FROM LSN")),
                    timeline(required(lines, "INCREMENTAL FROM TLI"))))
            : Optional.empty());
  }

  /** The file's text, as PostgreSQL writes it. */
  public String render() {
    String text =
        "START WAL LOCATION: %s (file %s)\n".formatted(start, startSegment)
            + "CHECKPOINT LOCATION: %s\n".formatted(checkpoint)
            + "BACKUP METHOD: %s\n".formatted(method)
            + "BACKUP FROM: %s\n".formatted(fromStandby ? "standby" : "primary")
            + "START TIME: %s\n".formatted(startTime)
            + "LABEL: %s\n".formatted(label)
            + "START TIMELINE: %s\n".formatted(timeline);
    return incrementalFrom
        .map(
            from ->
                text
                    + "INCREMENTAL FROM LSN: %s\n".formatted(from.lsn())
                    + "INCREMENTAL FROM TLI: %s\n".formatted(from.timeline()))
        .orElse(text);
  }

  private static Map<String, String> lines(String text) {
    Map<String, String> lines = new LinkedHashMap<>();
    for (String line : text.split("\n", -1)) {
      int colon = line.indexOf(": ");
      if (colon > 0) {
        lines.putIfAbsent(line.substring(0, colon), line.substring(colon + 2));
      }
    }
    return lines;
  }

  private static String required(Map<String, String> lines, String key) {
    String value = lines.get(key);
    if (value == null) {
      throw new IllegalArgumentException("backup_label has no line '" + key + "'");
    }
    return value;
  }

  private static Timeline timeline(String text) {
    return new Timeline(Integer.parseUnsignedInt(text.strip()));
  }
}
