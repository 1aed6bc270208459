package io.tidemark.analytics;

import java.util.Optional;

/**
 * A column of a source table.
 *
 * @param number pg_attribute.attnum, which stays when it is renamed
 * @param expression of a generated column; pgoutput leaves these out before PostgreSQL 18
 */
record SourceColumn(
    int number, String name, ColumnType type, boolean isNotNull, Optional<String> expression) {}
