package io.tidemark.restore;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A data directory's postgresql.auto.conf, which PostgreSQL reads last: what is written there has
 * precedence over postgresql.conf.
 */
final class AutoConf {
  static final String NAME = "postgresql.auto.conf";

  /** What an earlier recovery of the source may have left, and would now lead astray. */
  private static final Pattern RECOVERY =
      Pattern.compile(
          "recovery_target\\w*|restore_command|recovery_end_command|archive_cleanup_command"
              + "|primary_conninfo|primary_slot_name|recovery_min_apply_delay");

  private static final Pattern LINE = Pattern.compile("\\s*([A-Za-z_][\\w.]*)\\s*[= ].*");

  /** Everything from this line to the end of the file is a standby's, and replaced as a whole. */
  private static final String STANDBY =
      "# Written by tidemark for this replica, from here to the end; anew when that changes.";

  private AutoConf() {}

  /** The file's content, empty where it is not there. */
  static byte[] read(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
  }

  static byte[] renderStandby(byte[] before, Map<String, String> settings) {
    String text = new String(before, StandardCharsets.ISO_8859_1);
    int ours = text.indexOf(STANDBY);
    return render(ours < 0 ? text : text.substring(0, ours), STANDBY, settings);
  }

  /**
   * The file's new content: what was there without earlier recoveries' settings and without those
   * that are replaced, and then these.
   *
   * @param before in whatever encoding it is, byte by byte
   * @param comment the line above the new ones
   */
  static byte[] render(String before, String comment, Map<String, String> settings) {
    Set<String> replaced = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    replaced.addAll(settings.keySet());
    String kept =
        before
            .lines()
            .filter(line -> !isReplaced(line, replaced))
            .map(line -> line + "\n")
            .collect(Collectors.joining());
    String added =
        comment
            + "\n"
            + settings.entrySet().stream()
                .map(e -> "%s = '%s'\n".formatted(e.getKey(), escape(e.getValue())))
                .collect(Collectors.joining());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(kept.getBytes(StandardCharsets.ISO_8859_1));
    out.writeBytes(added.getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  private static boolean isReplaced(String line, Set<String> replaced) {
    Matcher setting = LINE.matcher(line);
    return setting.matches()
        && (replaced.contains(setting.group(1))
            || RECOVERY.matcher(setting.group(1).toLowerCase(Locale.ROOT)).matches());
  }

  /** As DeescapeQuotedString in guc-file.l reads it. */
  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n").replace("\r", "\\r");
  }
}
