package io.tidemark.walarchiver;

import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code tidemark wal-push} asks for: the content of a {@code .request} file.
 *
 * @param path of the file to be archived
 * @param cluster its name, or empty: known by the data directory
 * @param dataDirectory without symbolic links
 * @param deadline after it nobody waits for the answer
 */
record PushRequest(Path path, String cluster, Path dataDirectory, Instant deadline) {
  /** Reads lines of {@code key=value}. IllegalArgumentException where something is wrong. */
  static PushRequest parse(List<String> lines) {
    Map<String, String> values = new HashMap<>();
    for (String line : lines) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        values.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    if (!"1".equals(values.get("protocol"))) {
      throw new IllegalArgumentException(
          "found protocol " + values.get("protocol") + ", expected 1: update both sides");
    }
    return new PushRequest(
        absolute(values, "path"),
        required(values, "cluster"),
        absolute(values, "data-directory"),
        Instant.ofEpochSecond(Long.parseLong(required(values, "deadline"))));
  }

  private static Path absolute(Map<String, String> values, String key) {
    Path path = Path.of(required(values, key));
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException("found " + key + "=" + path + ", expected it from / on");
    }
    return path.normalize();
  }

  private static String required(Map<String, String> values, String key) {
    String value = values.get(key);
    if (value == null) {
      throw new IllegalArgumentException("the request has no " + key);
    }
    return value;
  }
}
