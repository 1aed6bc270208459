package io.tidemark.restore;

import java.util.LinkedHashMap;
import java.util.List;
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
  static Map<String, String> of(RestorePlan plan, RestoreOptions settings, String restoreCommand) {
    Map<String, String> conf = new LinkedHashMap<>();
    conf.put("restore_command", restoreCommand);
    conf.put("recovery_target_timeline", plan.history().timeline().toString());
    conf.putAll(plan.recoveryTarget());
    if (!plan.recoveryTarget().isEmpty()) {
      conf.put("recovery_target_action", settings.action().name().toLowerCase(Locale.ROOT));
    }
    return conf;
  }

  /**
   * The file's new content: what was there without earlier recoveries' settings, and then these.
   */
  static String render(String autoConf, Map<String, String> settings) {
    List<String> kept = autoConf.lines().filter(line -> !EARLIER.matcher(line).matches()).toList();
    return kept.stream().map(line -> line + "\n").collect(Collectors.joining())
        + "# Written by tidemark restore; used while recovery.signal is there.\n"
        + settings.entrySet().stream()
            .map(e -> "%s = '%s'\n".formatted(e.getKey(), e.getValue().replace("'", "''")))
            .collect(Collectors.joining());
  }
}
