package io.tidemark.analytics;

import java.util.Optional;

/**
 * Which tables can come in binary form, and as what their values are given to the target then.
 *
 * <p>With {@code binary} pgoutput sends every value in binary form whose type has a send function,
 * and none else (logicalrep_write_tuple in proto.c); it cannot be asked for some columns only. So a
 * stream comes in binary form if all of its tables can, and as text if one cannot. A domain has the
 * send function of what it is made of (DefineDomain in typecmds.c); an enum's writes the label
 * (enum_send in enum.c).
 */
final class BinaryForm {
  private BinaryForm() {}

  /**
   * Why a table cannot come in binary form: its first column that cannot, and what is about it;
   * empty: it can.
   */
  static Optional<String> obstacle(MappedTable table) {
    return table.sent().stream()
        .flatMap(
            column ->
                obstacle(column)
                    .map(why -> table.name() + "." + column.source().name() + " " + why)
                    .stream())
        .findFirst();
  }

  private static Optional<String> obstacle(MappedColumn column) {
    ColumnType type = column.source().type();
    Optional<BinaryType> sent = BinaryType.of(type.binaryOid());
    Optional<BinaryType> wanted = BinaryType.named(column.type());
    if (sent.isEmpty()) {
      return Optional.of("is " + type.source());
    }
    if (sent.get().isText()) {
      // A mask and the target read the same bytes as in text form.
      return wanted.filter(BinaryType::isText).isPresent()
          ? Optional.empty()
          : Optional.of("is " + type.source() + " and becomes " + column.type());
    }
    if (!sent.equals(wanted)) {
      return Optional.of("is " + type.source() + " and becomes " + column.type());
    }
    return column.function().equals(MappedColumn.AS_IT_IS)
        ? Optional.empty()
        : Optional.of(
            column.isMasked()
                ? "has a mask, which reads text"
                : "is read as text to see that it is UTF-8");
  }

  /**
   * As what the values of each sent column are given to the target's statements: in text form, and
   * where the binary form is the text, as text.
   */
  static BinaryType[] given(MappedTable table) {
    return table.sent().stream()
        .map(column -> table.form() == ValueForm.TEXT ? BinaryType.TEXT : given(column))
        .toArray(BinaryType[]::new);
  }

  private static BinaryType given(MappedColumn column) {
    return BinaryType.of(column.source().type().binaryOid())
        .filter(type -> !type.isText())
        .orElse(BinaryType.TEXT);
  }
}
