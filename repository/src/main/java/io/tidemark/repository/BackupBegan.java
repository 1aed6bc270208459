package io.tidemark.repository;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import java.time.Instant;

/** {@code backup.json}: that a backup began, so that what there is of it can be told apart. */
final class BackupBegan {
  static final int MAX_BYTES = 64 << 10;

  private BackupBegan() {}

  static byte[] encode(
      BackupName name, Timeline timeline, Lsn startLsn, Instant at, Writer writer) {
    ObjectNode json = Json.object();
    json.put("format", SealedHeader.FORMAT);
    json.put("label", name.text());
    json.put("kind", name.kind());
    json.put("writer", writer.toString());
    json.put("at", Json.time(at));
    json.put("startLsn", startLsn.toString());
    json.put("timeline", timeline.id());
    return Json.bytes(json);
  }

  static BackupEntry.Unfinished decode(Damage damage, BackupName name, byte[] bytes) {
    try {
      ObjectNode json = Json.parse(bytes);
      SealedHeader.requireFormat(damage, json);
      return new BackupEntry.Unfinished(
          name,
          Json.time(json, "at"),
          Json.string(json, "writer"),
          new Timeline(ManifestJson.integer(json, "timeline")),
          Lsn.parse(Json.string(json, "startLsn")));
    } catch (IllegalArgumentException e) {
      throw damage.found("it does not say that a backup began: " + e.getMessage(), e);
    }
  }
}
