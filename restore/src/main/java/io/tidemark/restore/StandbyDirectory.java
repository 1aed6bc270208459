package io.tidemark.restore;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What makes a data directory a standby's.
 *
 * @param settings of postgresql.auto.conf, beside {@code restore_command}: names to values
 * @param markerName a file at the top by which its keeper knows the directory; it is there from the
 *     first moment to the last
 * @param markerContent of that file
 */
public record StandbyDirectory(
    Map<String, String> settings, String markerName, String markerContent) {
  public StandbyDirectory {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    if (!markerName.matches("[A-Za-z][A-Za-z.]*")) {
      throw new IllegalArgumentException("not a marker's name: '" + markerName + "'");
    }
  }

  /** The settings with the command that fetches WAL. */
  Map<String, String> settings(String restoreCommand) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("restore_command", restoreCommand);
    settings.forEach(
        (name, value) -> {
          if (!name.equals("restore_command")) {
            all.put(name, value);
          }
        });
    return all;
  }
}
