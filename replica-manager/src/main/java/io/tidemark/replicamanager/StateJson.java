package io.tidemark.replicamanager;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.postgres.SystemId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** {@code state.json} of a replica. */
final class StateJson {
  private static final int VERSION = 1;
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private StateJson() {}

  static byte[] write(ReplicaState state) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("version", VERSION);
    root.put("directory", state.directory().toString());
    root.put("system-id", state.systemId().toString());
    root.put("build-id", state.buildId());
    root.put("work", spell(state.work()));
    root.set("wish", write(state.wish()));
    root.put("changed-at", state.changedAt().toString());
    try {
      return (MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a replica's state cannot be written: " + state, e);
    }
  }

  private static ObjectNode write(Wish wish) {
    ObjectNode node = MAPPER.createObjectNode();
    switch (wish) {
      case Wish.Running() -> node.put("kind", "running");
      case Wish.Paused() -> node.put("kind", "paused");
      case Wish.HeldAt(String target, Map<String, String> settings) -> {
        node.put("kind", "held-at").put("target", target);
        ObjectNode pairs = node.putObject("settings");
        settings.forEach(pairs::put);
      }
      case Wish.Promoted() -> node.put("kind", "promoted");
      case Wish.Dropped() -> node.put("kind", "dropped");
    }
    return node;
  }

  /** Throws IOException where it is no state that this version writes. */
  static ReplicaState read(byte[] file) throws IOException {
    JsonNode root = MAPPER.readTree(file);
    if (root.path("version").asInt() != VERSION) {
      throw new IOException(
          "it is of version " + root.path("version").asText() + "; expected " + VERSION);
    }
    try {
      return new ReplicaState(
          Path.of(text(root, "directory")),
          SystemId.parse(text(root, "system-id")),
          text(root, "build-id"),
          ReplicaState.Work.valueOf(text(root, "work").toUpperCase(Locale.ROOT)),
          wish(root.path("wish")),
          Instant.parse(text(root, "changed-at")));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IOException("it has a value that is none: " + e.getMessage(), e);
    }
  }

  private static Wish wish(JsonNode node) throws IOException {
    return switch (text(node, "kind")) {
      case "running" -> new Wish.Running();
      case "paused" -> new Wish.Paused();
      case "held-at" -> {
        Map<String, String> settings = new LinkedHashMap<>();
        node.path("settings")
            .properties()
            .forEach(pair -> settings.put(pair.getKey(), pair.getValue().asText()));
        yield new Wish.HeldAt(text(node, "target"), settings);
      }
      case "promoted" -> new Wish.Promoted();
      case "dropped" -> new Wish.Dropped();
      default -> throw new IOException("it has the unknown wish " + text(node, "kind"));
    };
  }

  private static String text(JsonNode node, String field) throws IOException {
    JsonNode value = node.path(field);
    if (!value.isTextual()) {
      throw new IOException("it has no text \"" + field + "\"");
    }
    return value.asText();
  }

  private static String spell(ReplicaState.Work work) {
    return work.name().toLowerCase(Locale.ROOT);
  }
}
