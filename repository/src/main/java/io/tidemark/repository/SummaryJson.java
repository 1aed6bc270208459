package io.tidemark.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalSummary.RestorePoint;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** What WAL says, as JSON: {@code about} of a segment and of a tail, and a line of an index. */
final class SummaryJson {
  /** So that the header stays within its limit even if every name is all escapes. */
  static final int MAX_RESTORE_POINTS = 128;

  private static final String LEFT_OUT = "restorePointsLeftOut";
  private static final String TABLESPACES = "tablespacesMade";

  private SummaryJson() {}

  static ObjectNode toJson(SegmentSummary segment) {
    ObjectNode json = toJson(segment.summary());
    if (segment.restorePointsLeftOut() > 0) {
      json.put(LEFT_OUT, segment.restorePointsLeftOut());
    }
    return json;
  }

  static ObjectNode toJson(WalSummary summary) {
    ObjectNode json = Json.object().put("commits", summary.commits());
    summary.firstEnd().ifPresent(time -> json.put("firstEnd", Json.time(time)));
    summary.lastEnd().ifPresent(time -> json.put("lastEnd", Json.time(time)));
    if (summary.minXid() != 0) {
      json.put("minXid", summary.minXid()).put("maxXid", summary.maxXid());
    }
    List<RestorePoint> points = summary.restorePoints();
    if (!points.isEmpty()) {
      ArrayNode array = json.putArray("restorePoints");
      points.stream().limit(MAX_RESTORE_POINTS).forEach(point -> add(array, point));
    }
    if (points.size() > MAX_RESTORE_POINTS) {
      json.put(LEFT_OUT, points.size() - MAX_RESTORE_POINTS);
    }
    summary.tablespacesMade().ifPresent(count -> json.put(TABLESPACES, count));
    return json;
  }

  private static void add(ArrayNode array, RestorePoint point) {
    array
        .addObject()
        .put("name", point.name())
        .put("lsn", point.lsn().toString())
        .put("at", Json.time(point.at()));
  }

  /** Reads it back; throws IllegalArgumentException where it is none. */
  static SegmentSummary fromJson(WalSegment segment, Lsn end, ObjectNode json) {
    List<RestorePoint> points = new ArrayList<>();
    for (JsonNode point : json.path("restorePoints")) {
      points.add(
          new RestorePoint(
              Json.string(point, "name"),
              Lsn.parse(Json.string(point, "lsn")),
              Json.time(point, "at")));
    }
    WalSummary summary =
        new WalSummary(
            Json.number(json, "commits"),
            Json.optionalTime(json, "firstEnd"),
            Json.optionalTime(json, "lastEnd"),
            json.has("minXid") ? Json.number(json, "minXid") : 0,
            json.has("maxXid") ? Json.number(json, "maxXid") : 0,
            points,
            json.has(TABLESPACES)
                ? OptionalLong.of(Json.number(json, TABLESPACES))
                : OptionalLong.empty());
    long leftOut = json.has(LEFT_OUT) ? Json.number(json, LEFT_OUT) : 0;
    return new SegmentSummary(segment, end, summary, leftOut);
  }
}
