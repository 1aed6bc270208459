package io.tidemark.repository;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;

/** JSON as the repository's format has it: fields by name, unknown ones ignored. */
final class Json {
  /** Times are to the microsecond, as PostgreSQL's. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static byte[] bytes(JsonNode node) {
    return text(node).getBytes(StandardCharsets.UTF_8);
  }

  static String text(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree could not be written", e);
    }
  }

  /** Reads one JSON object. Throws IllegalArgumentException where it is none. */
  static ObjectNode parse(byte[] bytes, int offset, int length) {
    try {
      if (MAPPER.readTree(bytes, offset, length) instanceof ObjectNode object) {
        return object;
      }
      throw new IllegalArgumentException("it is not a JSON object");
    } catch (IOException e) {
      throw new IllegalArgumentException("it is not JSON", e);
    }
  }

  static ObjectNode parse(byte[] bytes) {
    return parse(bytes, 0, bytes.length);
  }

  static ObjectNode parse(String text) {
    return parse(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A text field that must be there. Throws IllegalArgumentException where it is not. */
  static String string(JsonNode node, String field) {
    return optionalString(node, field)
        .orElseThrow(() -> new IllegalArgumentException("there is no text '" + field + "'"));
  }

  static Optional<String> optionalString(JsonNode node, String field) {
    JsonNode value = node.get(field);
    return value != null && value.isTextual() ? Optional.of(value.textValue()) : Optional.empty();
  }

  /** A whole number that must be there. Throws IllegalArgumentException where it is not. */
  static long number(JsonNode node, String field) {
    JsonNode value = node.get(field);
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException("there is no whole number '" + field + "'");
    }
    return value.longValue();
  }

  /** As {@link #number}, of 32 bits. */
  static int integer(JsonNode node, String field) {
    long value = number(node, field);
    if (value != (int) value) {
      throw new IllegalArgumentException("'" + field + "' is " + value + ", which is too big");
    }
    return (int) value;
  }

  static String time(Instant time) {
    return TIME.format(time);
  }

  /** A time that must be there. Throws IllegalArgumentException where it is not. */
  static Instant time(JsonNode node, String field) {
    return instant(string(node, field));
  }

  static Optional<Instant> optionalTime(JsonNode node, String field) {
    return optionalString(node, field).map(Json::instant);
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("not a time: '" + text + "'", e);
    }
  }
}
