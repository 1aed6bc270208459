package io.tidemark.analytics;

import io.tidemark.analytics.PrivacyRow.EnforcedBy;
import io.tidemark.config.MaskSettings;
import java.util.List;
import java.util.Optional;

/**
 * Column by column, what leaves production and how: what the configuration wants, held against what
 * the publications really publish.
 *
 * @param rows in the order of the columns
 */
public record PrivacyReport(List<PrivacyRow> rows) {

  public PrivacyReport {
    rows = List.copyOf(rows);
  }

  /** The report over all columns of the tables in question, those that are not named too. */
  public static PrivacyReport of(List<PrivacyColumn> columns) {
    return new PrivacyReport(columns.stream().map(PrivacyReport::row).toList());
  }

  /** Those that are not as the configuration says. */
  public List<PrivacyRow> violations() {
    return rows.stream().filter(row -> row.violation().isPresent()).toList();
  }

  private static PrivacyRow row(PrivacyColumn column) {
    return new PrivacyRow(
        column.source(),
        column.schema() + "." + column.table(),
        column.column(),
        column.type(),
        column.leaves(),
        how(column),
        enforcedBy(column),
        warning(column),
        violation(column));
  }

  /** What is published and not wanted leaves the source as it is. */
  private static String how(PrivacyColumn column) {
    if (!column.leaves()) {
      return "excluded";
    }
    return maskOfWanted(column).map(MaskSettings::toString).orElse("as it is");
  }

  private static EnforcedBy enforcedBy(PrivacyColumn column) {
    if (column.leaves()) {
      return maskOfWanted(column).isPresent() ? EnforcedBy.MASK : EnforcedBy.NOTHING;
    }
    return column.published().isPresent()
        ? EnforcedBy.PUBLICATION_COLUMN_LIST
        : EnforcedBy.NOT_SELECTED;
  }

  private static Optional<String> warning(PrivacyColumn column) {
    return colliding(column)
        .filter(mask -> column.underUniqueIndex() && !column.isKey())
        .map(
            mask ->
                ("is under a unique index, and values may be equal after the mask %s:"
                        + " the index is not made in the target")
                    .formatted(mask));
  }

  private static Optional<String> violation(PrivacyColumn column) {
    return difference(column)
        .or(() -> remains(column))
        .or(() -> refusal(column))
        .or(() -> collidingKey(column));
  }

  private static Optional<String> difference(PrivacyColumn column) {
    if (column.leaves() == column.isWanted()) {
      return Optional.empty();
    }
    return Optional.of(
        column.leaves()
            ? "found it in the publication; expected it excluded, as the configuration has it"
            : "found it missing in the publication; expected it there, as configured");
  }

  private static Optional<String> remains(PrivacyColumn column) {
    return column
        .remains()
        .map(sql -> "found it in the target, from former times; expected it gone: " + sql);
  }

  private static Optional<String> refusal(PrivacyColumn column) {
    return maskOfWanted(column).flatMap(mask -> Masks.refusal(mask, column.type()));
  }

  private static Optional<String> collidingKey(PrivacyColumn column) {
    return colliding(column)
        .filter(mask -> column.isKey())
        .map(
            mask ->
                ("found the mask %s on a column of the key, which makes different rows one;"
                        + " expected pseudonym or no mask")
                    .formatted(mask));
  }

  private static Optional<MaskSettings> colliding(PrivacyColumn column) {
    return maskOfWanted(column).filter(mask -> !Masks.isInjective(mask));
  }

  private static Optional<MaskSettings> maskOfWanted(PrivacyColumn column) {
    return column.mask().filter(mask -> column.isWanted());
  }
}
