package io.tidemark.replicamanager;

import java.util.Optional;

/**
 * A column as the catalogue has it.
 *
 * @param number of the attribute: it stays when the column is renamed
 * @param type with length and the like, and with a schema where that is not pg_catalog
 * @param builtIn whether the type is one that every server has under the same OID
 * @param hasDefault also where it is an identity column
 * @param generated the expression of a generated column
 * @param virtual whether a generated column is computed when it is read
 * @param missing what rows hold that are older than the column, where that was kept aside
 */
record LogicalColumn(
    int number,
    String name,
    String type,
    boolean builtIn,
    boolean required,
    boolean hasDefault,
    Optional<String> generated,
    boolean virtual,
    Optional<String> missing) {

  String quoted() {
    return TableName.quoted(name);
  }

  boolean isGenerated() {
    return generated.isPresent();
  }
}
