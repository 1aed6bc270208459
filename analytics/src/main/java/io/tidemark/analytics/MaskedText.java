package io.tidemark.analytics;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a mask makes of the text of a value that is there; null for one that it cannot read. */
@FunctionalInterface
interface MaskedText {
  @Nullable String of(String value);

  /** NULL stays NULL. */
  default MaskFunction asFunction() {
    return value -> {
      String masked = value == null ? null : of(new String(value, StandardCharsets.UTF_8));
      return masked == null ? null : masked.getBytes(StandardCharsets.UTF_8);
    };
  }
}
