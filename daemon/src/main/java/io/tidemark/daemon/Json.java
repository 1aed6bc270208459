package io.tidemark.daemon;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.tidemark.config.ErrorCode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.SystemId;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.BackupName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reports as JSON: the components of a record by their names, what is unknown as null, LSNs as
 * PostgreSQL writes them, times in UTC, durations in seconds, alternatives in lower case.
 */
final class Json {
  private static final ObjectMapper MAPPER = JsonMapper.builder().addModule(module()).build();

  private Json() {}

  /** Indented, without a line end after it. */
  static String text(Object report) {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(report);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report cannot be written: " + report, e);
    }
  }

  /** On one line. */
  static String line(Object report) {
    try {
      return MAPPER.writeValueAsString(report);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report cannot be written: " + report, e);
    }
  }

  private static SimpleModule module() {
    SimpleModule module = new SimpleModule();
    for (Class<?> type :
        new Class<?>[] {
          Lsn.class, Timeline.class, SystemId.class, Instant.class, Path.class, BackupName.class
        }) {
      module.addSerializer(type, ToStringSerializer.instance);
    }
    module.addSerializer(ErrorCode.class, ToStringSerializer.instance);
    module.addSerializer(Duration.class, new Seconds());
    module.addSerializer(Optional.class, new OrNull());
    module.addSerializer(OptionalLong.class, new LongOrNull());
    module.addSerializer(Enum.class, new LowerCase());
    return module;
  }

  private static final class Seconds extends JsonSerializer<Duration> {
    @Override
    public void serialize(Duration value, JsonGenerator json, SerializerProvider serializers)
        throws IOException {
      json.writeNumber(value.toMillis() / 1000.0);
    }
  }

  @SuppressWarnings("rawtypes") // a serializer is chosen by the raw class
  private static final class OrNull extends JsonSerializer<Optional> {
    @Override
    public void serialize(Optional value, JsonGenerator json, SerializerProvider serializers)
        throws IOException {
      if (value.isPresent()) {
        serializers.defaultSerializeValue(value.get(), json);
      } else {
        json.writeNull();
      }
    }
  }

  private static final class LongOrNull extends JsonSerializer<OptionalLong> {
    @Override
    public void serialize(OptionalLong value, JsonGenerator json, SerializerProvider serializers)
        throws IOException {
      if (value.isPresent()) {
        json.writeNumber(value.getAsLong());
      } else {
        json.writeNull();
      }
    }
  }

  @SuppressWarnings("rawtypes") // a serializer is chosen by the raw class
  private static final class LowerCase extends JsonSerializer<Enum> {
    @Override
    public void serialize(Enum value, JsonGenerator json, SerializerProvider serializers)
        throws IOException {
      json.writeString(value.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }
  }
}
