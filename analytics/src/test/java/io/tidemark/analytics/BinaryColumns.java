package io.tidemark.analytics;

import io.tidemark.testing.TypeMatrix;
import java.util.List;
import java.util.Set;

/** The columns of {@link TypeMatrix} that can come in binary form, by the names of their types. */
final class BinaryColumns {
  private static final Set<String> ALL =
      Set.of(
          "bool",
          "int2",
          "int4",
          "int8",
          "float4",
          "float8",
          "numeric",
          "money",
          "text",
          "varchar",
          "bpchar",
          "char",
          "\"char\"",
          "name",
          "bytea",
          "date",
          "timestamp",
          "timestamptz",
          "time",
          "timetz",
          "uuid",
          "oid",
          "xid",
          "xid8",
          "pg_lsn",
          "pg_snapshot",
          "txid_snapshot",
          "json",
          "jsonb",
          "jsonpath",
          "xml",
          "tsvector",
          "point",
          "line",
          "lseg",
          "box",
          "path",
          "polygon",
          "circle",
          "inet",
          "cidr",
          "macaddr",
          "macaddr8",
          "bit",
          "varbit",
          "int4range",
          "int8range",
          "numrange",
          "tsrange",
          "tstzrange",
          "daterange",
          "int4multirange",
          "int8multirange",
          "nummultirange",
          "tsmultirange",
          "tstzmultirange",
          "datemultirange",
          "types.mood",
          "\"odd Schema\".\"Odd \"\"Enum\"",
          "types.positive",
          "types.code",
          "types.period",
          "public.lo");

  private BinaryColumns() {}

  /**
   * @param intervals whether theirs are
   */
  static List<TypeMatrix.Table> of(TypeMatrix matrix, boolean intervals) {
    return matrix.tables().stream()
        .map(
            table ->
                new TypeMatrix.Table(
                    table.name(),
                    table.columns().stream()
                        .filter(column -> is(column.type(), intervals))
                        .toList()))
        .toList();
  }

  private static boolean is(String type, boolean intervals) {
    String plain = type.replaceAll("\\([0-9,-]+\\)$", "");
    return ALL.contains(plain)
        || (intervals && plain.startsWith("interval") && !plain.endsWith("]"));
  }
}
