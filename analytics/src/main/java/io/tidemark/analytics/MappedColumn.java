package io.tidemark.analytics;

import io.tidemark.config.MaskSettings;
import java.util.Optional;

/**
 * A column on its way from a source into the target.
 *
 * @param configured the name by which the configuration means it, which a rename does not change
 * @param name in the target
 * @param type in the target
 * @param mask empty: its values stay as they are
 * @param function of the mask; {@link #AS_IT_IS} without one
 */
record MappedColumn(
    SourceColumn source,
    String configured,
    String name,
    String type,
    Optional<MaskSettings> mask,
    MaskFunction function) {
  static final MaskFunction AS_IT_IS = value -> value;

  boolean isMasked() {
    return mask.isPresent();
  }

  /** The target computes it, too; no value of it is ever sent. */
  boolean isGenerated() {
    return source.expression().isPresent();
  }
}
