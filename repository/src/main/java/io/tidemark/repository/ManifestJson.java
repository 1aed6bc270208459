package io.tidemark.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.WalSegmentSize;
import io.tidemark.repository.Manifest.Directory;
import io.tidemark.repository.Manifest.Tablespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The parts of a manifest as JSON. Reading throws IllegalArgumentException for what is wrong. */
final class ManifestJson {
  private ManifestJson() {}

  static ObjectNode info(BackupInfo info) {
    ObjectNode json = Json.object();
    json.put("format", SealedHeader.FORMAT);
    json.put("label", info.name().text());
    json.put("kind", info.name().kind());
    json.put("systemId", info.systemId().toString());
    json.put("postgresMajor", info.postgresMajor());
    json.put("catalogVersion", info.catalogVersion());
    json.put("blockSize", info.blockSize());
    json.put("walSegmentSize", info.walSegmentSize().bytes());
    json.put("timeline", info.timeline().id());
    json.put("startLsn", info.startLsn().toString());
    json.put("checkpointLsn", info.checkpointLsn().toString());
    json.put("stopLsn", info.stopLsn().toString());
    json.put("startTime", Json.time(info.startTime()));
    json.put("stopTime", Json.time(info.stopTime()));
    json.put("fromStandby", info.fromStandby());
    json.put("dataChecksums", info.dataChecksums());
    info.parent().ifPresent(parent -> json.put("parent", parent.text()));
    info.owner().ifPresent(owner -> json.put("owner", owner));
    return json;
  }

  static BackupInfo info(JsonNode json) {
    return new BackupInfo(
        new BackupName(Json.string(json, "label")),
        SystemId.parse(Json.string(json, "systemId")),
        integer(json, "postgresMajor"),
        integer(json, "catalogVersion"),
        integer(json, "blockSize"),
        new WalSegmentSize(integer(json, "walSegmentSize")),
        new Timeline(integer(json, "timeline")),
        Lsn.parse(Json.string(json, "startLsn")),
        Lsn.parse(Json.string(json, "checkpointLsn")),
        Lsn.parse(Json.string(json, "stopLsn")),
        Json.time(json, "startTime"),
        Json.time(json, "stopTime"),
        bool(json, "fromStandby"),
        bool(json, "dataChecksums"),
        Json.optionalString(json, "parent").map(BackupName::new),
        Json.optionalString(json, "owner"));
  }

  static ObjectNode totals(BackupTotals totals) {
    ObjectNode json = Json.object();
    json.put("files", totals.files());
    json.put("bytes", totals.bytes());
    json.put("storedBytes", totals.storedBytes());
    json.put("packs", totals.packs());
    return json;
  }

  static BackupTotals totals(JsonNode json) {
    return new BackupTotals(
        Json.number(json, "files"),
        Json.number(json, "bytes"),
        Json.number(json, "storedBytes"),
        integer(json, "packs"));
  }

  /** What the header says: so much is known of a backup by one small read. */
  static ObjectNode about(BackupInfo info, BackupTotals totals) {
    ObjectNode about = Json.object();
    about.set("backup", info(info));
    about.set("end", totals(totals));
    return about;
  }

  static BackupEntry.Completed entry(ObjectNode about) {
    return new BackupEntry.Completed(info(child(about, "backup")), totals(child(about, "end")));
  }

  static Tablespace tablespace(JsonNode json) {
    long oid = Json.number(json, "oid");
    if (oid < 1 || oid > 0xFFFF_FFFFL) {
      throw new IllegalArgumentException("a tablespace has an oid, not " + oid);
    }
    return new Tablespace((int) oid, Json.string(json, "location"));
  }

  static Directory directory(JsonNode json) {
    return new Directory(Json.string(json, "path"), integer(json, "mode"));
  }

  static BackupFile file(BackupName backup, JsonNode json) {
    List<Frame> frames = new ArrayList<>();
    for (JsonNode frame : child(json, "frames")) {
      frames.add(frame(backup, frame));
    }
    return new BackupFile(
        Json.string(json, "path"),
        Json.number(json, "size"),
        integer(json, "mode"),
        Json.time(json, "modified"),
        Hex.parse8(Json.string(json, "crc32c")),
        frames);
  }

  private static Frame frame(BackupName backup, JsonNode json) {
    if (json.size() < 7) {
      throw new IllegalArgumentException("a frame has seven values, not " + json.size());
    }
    return new Frame(
        longAt(json, 0),
        intAt(json, 1),
        pack(backup, json.get(2)),
        longAt(json, 3),
        intAt(json, 4),
        Hex.parse8(json.get(5).asText()),
        Hex.parse16(json.get(6).asText()));
  }

  private static PackName pack(BackupName own, JsonNode json) {
    if (json.isInt()) {
      return new PackName(own, json.intValue());
    }
    String text = json.asText();
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("not a pack: '" + text + "'");
    }
    return new PackName(
        new BackupName(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
  }

  private static long longAt(JsonNode array, int at) {
    JsonNode value = array.get(at);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException("a frame's value " + at + " is not a whole number");
    }
    return value.longValue();
  }

  private static int intAt(JsonNode array, int at) {
    return Math.toIntExact(longAt(array, at));
  }

  static JsonNode child(JsonNode json, String field) {
    return Optional.ofNullable(json.get(field))
        .orElseThrow(() -> new IllegalArgumentException("there is no '" + field + "'"));
  }

  static int integer(JsonNode json, String field) {
    long value = Json.number(json, field);
    if (value != (int) value) {
      throw new IllegalArgumentException("'" + field + "' is out of range: " + value);
    }
    return (int) value;
  }

  private static boolean bool(JsonNode json, String field) {
    JsonNode value = child(json, field);
    if (!value.isBoolean()) {
      throw new IllegalArgumentException("'" + field + "' is neither true nor false");
    }
    return value.booleanValue();
  }
}
