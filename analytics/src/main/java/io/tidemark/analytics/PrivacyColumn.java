package io.tidemark.analytics;

import io.tidemark.config.MaskSettings;
import java.util.Optional;

/**
 * A column of a source, as the configuration wants it and as the source has it.
 *
 * @param source the name of the source in its pipeline
 * @param type as format_type prints it
 * @param inConfig whether the configuration names it
 * @param mask only where the configuration names it
 * @param underUniqueIndex whether a unique index of the source has it, the replica identity's too
 * @param isKey whether it is of the replica identity
 * @param published whether pg_publication_tables.attnames of a publication of this source has it;
 *     empty where there is no publication yet
 * @param remains where it does not leave and the target has a column of it all the same, from when
 *     it was taken or from a physical copy: the SQL that removes that
 */
public record PrivacyColumn(
    String source,
    String schema,
    String table,
    String column,
    String type,
    boolean inConfig,
    Optional<MaskSettings> mask,
    boolean underUniqueIndex,
    boolean isKey,
    Optional<Boolean> published,
    Optional<String> remains) {

  public PrivacyColumn {
    if (mask.isPresent() && !inConfig) {
      throw new IllegalArgumentException(
          "found a mask of %s.%s.%s, which is not among the columns"
              .formatted(schema, table, column));
    }
  }

  /** Whether the configuration lets it leave the source. */
  boolean isWanted() {
    return inConfig
        && mask.map(MaskSettings::kind).stream().noneMatch(MaskSettings.Kind.DROP::equals);
  }

  /** Whether it leaves the source: what the publication says, where there is one. */
  boolean leaves() {
    return published.orElse(isWanted());
  }
}
