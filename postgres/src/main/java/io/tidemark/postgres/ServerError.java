package io.tidemark.postgres;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * An ErrorResponse ("Error and Notice Message Fields" in PostgreSQL's documentation).
 *
 * @param fatal the session is over
 * @param routine the C function that raised it, which no translation changes; may be empty
 */
record ServerError(
    boolean fatal, String sqlState, String message, String detail, String hint, String routine) {

  static ServerError parse(ByteBuffer body) {
    Map<Character, String> fields = new HashMap<>();
    for (char code = (char) body.get(); code != 0; code = (char) body.get()) {
      fields.put(code, untilZero(body));
    }
    return new ServerError(
        !"ERROR".equals(field(fields, 'V')),
        field(fields, 'C'),
        field(fields, 'M'),
        field(fields, 'D'),
        field(fields, 'H'),
        field(fields, 'R'));
  }

  /** Which kind it is, as an answer to a replication command. */
  ReplicationFailure failure() {
    return switch (sqlState) {
      case "58P01" -> ReplicationFailure.WAL_REMOVED;
      case "42704" ->
          routine.equals("get_publication_oid")
              ? ReplicationFailure.PUBLICATION_MISSING
              : ReplicationFailure.SLOT_MISSING;
      case "42710" -> ReplicationFailure.SLOT_EXISTS;
      case "55006" -> ReplicationFailure.SLOT_ACTIVE;
      // wal_level is too low, which says nothing about a slot.
      case "55000" ->
          routine.equals("CheckLogicalDecodingRequirements")
              ? ReplicationFailure.OTHER
              : ReplicationFailure.SLOT_INVALIDATED;
      case "57P01", "57P02", "57P03" -> ReplicationFailure.SERVER_ENDING;
      default -> failureByRoutine();
    };
  }

  ReplicationException toException(String what) {
    ReplicationFailure failure = failure();
    String found =
        "PostgreSQL could not %s: %s%s [%s]"
            .formatted(what, message, detail.isEmpty() ? "" : " (" + detail + ")", sqlState);
    return new ReplicationException(failure, sqlState, found, hint.isEmpty() ? advice() : hint);
  }

  // These share XX000; PostgreSQL gives them no state of their own.
  private ReplicationFailure failureByRoutine() {
    return switch (routine) {
      case "StartReplication" ->
          message.contains("ahead of")
              ? ReplicationFailure.AHEAD_OF_SERVER
              : ReplicationFailure.NOT_IN_HISTORY;
      case "tliSwitchPoint", "tliOfPointInHistory" -> ReplicationFailure.NOT_IN_HISTORY;
      default -> ReplicationFailure.OTHER;
    };
  }

  private String advice() {
    return switch (failure()) {
      case WAL_REMOVED -> "What lies between is a gap unless it is archived: take a new backup.";
      case SLOT_ACTIVE -> "See active_pid in pg_replication_slots for who uses it.";
      case SLOT_INVALIDATED -> "Drop the slot and create it again, then take a new backup.";
      case PUBLICATION_MISSING -> "Create the publication; the slot must have been made after it.";
      case SLOT_MISSING -> "Create the slot; what was removed meanwhile is a gap.";
      default -> sqlState.equals("42501") ? "ALTER ROLE … REPLICATION;" : "";
    };
  }

  private static String field(Map<Character, String> fields, char code) {
    return fields.getOrDefault(code, "");
  }

  /** Reads a string of the protocol. */
  static String untilZero(ByteBuffer bytes) {
    int start = bytes.position();
    while (bytes.get() != 0) {
      // The next byte.
    }
    byte[] text = new byte[bytes.position() - 1 - start];
    bytes.get(start, text);
    return new String(text, StandardCharsets.UTF_8);
  }
}
