package io.tidemark.restore;

import io.tidemark.restore.RestoreOptions.Archiving;
import io.tidemark.restore.RestoreOptions.TargetAction;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The settings of a recovery, as they go into postgresql.auto.conf. */
final class RecoverySettings {
  /** What an earlier recovery of the source may have left, and would now lead astray. */
  private static final Pattern EARLIER =
      Pattern.compile(
          "\\s*(recovery_target\\w*|restore_command|recovery_end_command|archive_cleanup_command"
              + "|primary_conninfo|primary_slot_name|recovery_min_apply_delay)\\s*[= ].*",
          Pattern.CASE_INSENSITIVE);

  private RecoverySettings() {}

  /** The settings for a plan. */
  static Map<String, String> of(RestorePlan plan, RestoreOptions options, String restoreCommand) {
    Map<String, String> conf = new LinkedHashMap<>();
    conf.put("restore_command", restoreCommand);
    conf.put("recovery_target_timeline", plan.history().timeline().toString());
    conf.put("recovery_min_apply_delay", "0");
    conf.putAll(target(plan, options.action()));
    if (options.archiving() == Archiving.OFF) {
      conf.put("archive_mode", "off");
    }
    return conf;
  }

  /**
   * Without a target PostgreSQL promotes when the WAL ends, whatever the action: to pause or shut
   * down there, the target is the last record.
   */
  private static Map<String, String> target(RestorePlan plan, TargetAction action) {
    Map<String, String> target = new LinkedHashMap<>(plan.recoveryTarget());
    if (target.isEmpty() && action != TargetAction.PROMOTE && plan.lastRecord().isPresent()) {
      target.put("recovery_target_lsn", plan.lastRecord().get().toString());
      target.put("recovery_target_inclusive", "on");
    }
    if (!target.isEmpty()) {
      target.put("recovery_target_action", action.name().toLowerCase(Locale.ROOT));
    }
    return target;
  }

  /**
   * The file's new content: what was there without earlier recoveries' settings, and then these.
   *
   * @param before in whatever encoding it is
   */
  static byte[] render(byte[] before, Map<String, String> settings) {
    String kept =
        new String(before, StandardCharsets.ISO_8859_1)
            .lines()
            .filter(line -> !EARLIER.matcher(line).matches())
            .map(line -> line + "\n")
            .collect(Collectors.joining());
    String added =
        "# Written by tidemark restore; recovery settings count while recovery.signal is there.\n"
            + settings.entrySet().stream()
                .map(e -> "%s = '%s'\n".formatted(e.getKey(), escape(e.getValue())))
                .collect(Collectors.joining());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(kept.getBytes(StandardCharsets.ISO_8859_1));
    out.writeBytes(added.getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  /** As DeescapeQuotedString in guc-file.l reads it. */
  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n").replace("\r", "\\r");
  }
}
