package io.tidemark.repository;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A backup's name: {@code 20261120T150212Z-full}. Sorts by time.
 *
 * @param text the name
 */
public record BackupName(String text) implements Comparable<BackupName> {
  private static final Pattern FORM = Pattern.compile("\\d{8}T\\d{6}Z-(full|incr)");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  public BackupName {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "not a backup's name such as 20261120T150212Z-full: '" + text + "'");
    }
  }

  /** The name of a full backup that begins at {@code start}, to the second. */
  public static BackupName full(Instant start) {
    return new BackupName(TIME.format(start.truncatedTo(ChronoUnit.SECONDS)) + "-full");
  }

  /** {@code full} or {@code incr}. */
  public String kind() {
    return text.substring(text.indexOf('-') + 1);
  }

  /** Whether {@code text} has the form of one. */
  static boolean isName(String text) {
    return FORM.matcher(text).matches();
  }

  @Override
  public int compareTo(BackupName other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
