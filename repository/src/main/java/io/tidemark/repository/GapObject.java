package io.tidemark.repository;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.time.Instant;
import java.util.Collection;

/** A gap on record. */
final class GapObject {
  private GapObject() {}

  /** Puts it; one that is there already, whoever put it, says the same. */
  static void put(Part part, WalGap gap) {
    ObjectNode json =
        Json.object()
            .put("from", gap.from().toString())
            .put("to", gap.to().toString())
            .put("reason", gap.reason())
            .put("at", Json.time(gap.recorded()))
            .put("writer", part.options().writer().toString());
    PlainObjects.put(part.store(), part.keys().gap(gap), json);
  }

  /** A damaged one still counts: its name says where it is. */
  static WalGap read(Part part, WalKey.Gap gap, Collection<String> remarks) {
    WalGap unread = new WalGap(gap.timeline(), gap.from(), gap.to(), Instant.EPOCH, "damaged");
    try {
      return PlainObjects.read(
          part.store(),
          part.keys().gap(unread),
          json ->
              new WalGap(
                  gap.timeline(),
                  gap.from(),
                  gap.to(),
                  Json.time(json, "at"),
                  Json.string(json, "reason")));
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.OBJECT_DAMAGED) {
        throw e;
      }
      remarks.add(e.getMessage());
      return unread;
    }
  }
}
