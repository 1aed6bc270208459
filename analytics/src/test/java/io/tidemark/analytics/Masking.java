package io.tidemark.analytics;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tidemark.config.MaskSettings;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Masks, values and keys as texts. */
final class Masking {
  static final PseudonymKey KEY =
      new PseudonymKey("0123456789abcdef0123456789abcdef".getBytes(UTF_8));

  private Masking() {}

  /** As the configuration spells it. */
  static MaskSettings settings(String mask) {
    String[] words = mask.split(" ", 2);
    for (MaskSettings.Kind kind : MaskSettings.Kind.values()) {
      if (kind.word().equals(words[0])) {
        return new MaskSettings(kind, words.length == 1 ? "" : words[1]);
      }
    }
    throw new IllegalArgumentException(mask);
  }

  static MaskFunction function(String mask, String type) {
    return Masks.of(settings(mask), type, Optional.of(KEY));
  }

  static @Nullable String apply(MaskFunction function, @Nullable String value) {
    byte[] masked = function.apply(value == null ? null : value.getBytes(UTF_8));
    return masked == null ? null : new String(masked, UTF_8);
  }

  static @Nullable String masked(String mask, String type, @Nullable String value) {
    return apply(function(mask, type), value);
  }
}
