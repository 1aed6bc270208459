package io.tidemark.restore;

import io.tidemark.restore.RestoreOptions.Archiving;
import io.tidemark.restore.RestoreOptions.TargetAction;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The settings of a recovery, as they go into postgresql.auto.conf. */
final class RecoverySettings {
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
   * The content of postgresql.auto.conf: what was there without earlier recoveries' settings, and
   * then these.
   *
   * @param before in whatever encoding it is
   */
  static byte[] render(byte[] before, Map<String, String> settings) {
    return AutoConf.render(
        new String(before, StandardCharsets.ISO_8859_1),
        "# Written by tidemark restore; recovery settings count while recovery.signal is there.",
        settings);
  }
}
