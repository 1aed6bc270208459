package io.tidemark.analytics;

import java.util.Locale;
import java.util.Optional;

/**
 * What the privacy report says of one column.
 *
 * @param table {@code schema.table}
 * @param leaves whether it leaves the source
 * @param how {@code excluded}, {@code as it is}, or the mask as the configuration spells it
 * @param warning what the mask does to a unique index
 * @param violation where it is not as the configuration says, in the publication or in the target,
 *     or must not be: what was found and what was expected
 */
public record PrivacyRow(
    String source,
    String table,
    String column,
    String type,
    boolean leaves,
    String how,
    EnforcedBy enforcedBy,
    Optional<String> warning,
    Optional<String> violation) {

  /** What sees to it. */
  public enum EnforcedBy {
    /** The source does not send it: the publication's column list is without it. */
    PUBLICATION_COLUMN_LIST,
    /** There is no publication yet; Tidemark does not ask for it. */
    NOT_SELECTED,
    /** Tidemark masks it before it writes anything. */
    MASK,
    /** It leaves as it is. */
    NOTHING;

    /** In words, for people. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }
}
