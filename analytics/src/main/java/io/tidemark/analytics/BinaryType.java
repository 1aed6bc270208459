package io.tidemark.analytics;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The built-in types whose values may go from one server to another in binary form: what the send
 * function of one major writes, the receive function of every other reads as the same value. Their
 * numbers are the same on all servers (pg_type.dat). Left out are arrays, whose elements would need
 * arrays of arrays as parameters; int2vector and oidvector; tsquery, whose receive function refuses
 * the empty one that its send function writes (tsquery.c); and what is text in the target.
 */
enum BinaryType {
  BOOL(16, 1000, "boolean"),
  BYTEA(17, 1001, "bytea"),
  CHAR(18, 1002, "\"char\""),
  NAME(19, 1003, "name"),
  INT8(20, 1016, "bigint"),
  INT2(21, 1005, "smallint"),
  INT4(23, 1007, "integer"),
  TEXT(25, 1009, "text"),
  OID(26, 1028, "oid"),
  XID(28, 1011, "xid"),
  JSON(114, 199, "json"),
  XML(142, 143, "xml"),
  XID8(5069, 271, "xid8"),
  POINT(600, 1017, "point"),
  LSEG(601, 1018, "lseg"),
  PATH(602, 1019, "path"),
  BOX(603, 1020, "box"),
  POLYGON(604, 1027, "polygon"),
  LINE(628, 629, "line"),
  FLOAT4(700, 1021, "real"),
  FLOAT8(701, 1022, "double precision"),
  CIRCLE(718, 719, "circle"),
  MONEY(790, 791, "money"),
  MACADDR(829, 1040, "macaddr"),
  INET(869, 1041, "inet"),
  CIDR(650, 651, "cidr"),
  MACADDR8(774, 775, "macaddr8"),
  BPCHAR(1042, 1014, "character"),
  VARCHAR(1043, 1015, "character varying"),
  DATE(1082, 1182, "date"),
  TIME(1083, 1183, "time without time zone"),
  TIMESTAMP(1114, 1115, "timestamp without time zone"),
  TIMESTAMPTZ(1184, 1185, "timestamp with time zone"),
  INTERVAL(1186, 1187, "interval"),
  TIMETZ(1266, 1270, "time with time zone"),
  BIT(1560, 1561, "bit"),
  VARBIT(1562, 1563, "bit varying"),
  NUMERIC(1700, 1231, "numeric"),
  UUID(2950, 2951, "uuid"),
  PG_LSN(3220, 3221, "pg_lsn"),
  TSVECTOR(3614, 3643, "tsvector"),
  JSONB(3802, 3807, "jsonb"),
  JSONPATH(4072, 4073, "jsonpath"),
  TXID_SNAPSHOT(2970, 2949, "txid_snapshot"),
  PG_SNAPSHOT(5038, 5039, "pg_snapshot"),
  INT4RANGE(3904, 3905, "int4range"),
  NUMRANGE(3906, 3907, "numrange"),
  TSRANGE(3908, 3909, "tsrange"),
  TSTZRANGE(3910, 3911, "tstzrange"),
  DATERANGE(3912, 3913, "daterange"),
  INT8RANGE(3926, 3927, "int8range"),
  INT4MULTIRANGE(4451, 6150, "int4multirange"),
  NUMMULTIRANGE(4532, 6151, "nummultirange"),
  TSMULTIRANGE(4533, 6152, "tsmultirange"),
  TSTZMULTIRANGE(4534, 6153, "tstzmultirange"),
  DATEMULTIRANGE(4535, 6155, "datemultirange"),
  INT8MULTIRANGE(4536, 6157, "int8multirange");

  private static final Map<Integer, BinaryType> BY_OID =
      Arrays.stream(values()).collect(Collectors.toMap(BinaryType::oid, Function.identity()));
  private static final Map<String, BinaryType> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(type -> type.printed, Function.identity()));

  private final int oid;
  private final int arrayOid;
  private final String printed;

  BinaryType(int oid, int arrayOid, String printed) {
    this.oid = oid;
    this.arrayOid = arrayOid;
    this.printed = printed;
  }

  /** That of a pg_type.oid. */
  static Optional<BinaryType> of(int oid) {
    return Optional.ofNullable(BY_OID.get(oid));
  }

  /**
   * That of a column.
   *
   * @param sqlType as format_type prints it, with modifiers
   */
  static Optional<BinaryType> named(String sqlType) {
    String name = MaskedType.of(sqlType).name();
    return switch (name) {
      case "bpchar" -> Optional.of(BPCHAR);
      case "\"bit\"" -> Optional.of(BIT);
      // With fields: interval day to second.
      default -> Optional.ofNullable(BY_NAME.get(name.startsWith("interval ") ? "interval" : name));
    };
  }

  /** pg_type.oid. */
  int oid() {
    return oid;
  }

  /** pg_type.typarray. */
  int arrayOid() {
    return arrayOid;
  }

  /** As format_type prints it, without modifiers. */
  String printed() {
    return printed;
  }

  /** Whether its binary form is its text (textsend in varlena.c, namesend in name.c). */
  boolean isText() {
    return switch (this) {
      case TEXT, VARCHAR, BPCHAR, NAME, JSON -> true;
      default -> false;
    };
  }
}
