package io.tidemark.analytics;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Every type of a source, and what it becomes in the target. */
final class SourceTypes {
  private static final String CATALOG = "pg_catalog";
  private static final int INFINITE_INTERVALS = 17;

  private static final String QUERY =
      """
      SELECT t.oid::bigint AS oid, t.typname, n.nspname, t.typtype::text AS typtype,
             t.typbasetype::bigint AS base, t.typtypmod, t.typelem::bigint AS element,
             t.typcategory::text AS category, format_type(t.oid, NULL) AS printed
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
       WHERE t.typtype IN ('b', 'd', 'e', 'r', 'm')
          OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')
      """;

  /** Of each type of an extension in the target: the name by which it is found there. */
  private static final String EXTENSION_TYPES =
      """
      SELECT t.typname, format('%I.%I', n.nspname, t.typname) AS name
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid
         AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
       WHERE t.typtype = 'b' AND t.typelem = 0
      """;

  /** What these print is no value of theirs on another server, or none may be given to them. */
  private static final Set<String> NOT_PORTABLE =
      Set.of(
          "regclass",
          "regcollation",
          "regconfig",
          "regdictionary",
          "regnamespace",
          "regoper",
          "regoperator",
          "regproc",
          "regprocedure",
          "regrole",
          "regtype",
          "aclitem",
          "cid",
          "tid",
          "pg_node_tree",
          "pg_ndistinct",
          "pg_dependencies",
          "pg_mcv_list",
          "pg_brin_bloom_summary",
          "pg_brin_minmax_multi_summary",
          "pg_ddl_command",
          "refcursor",
          "gtsvector");

  /** Without an operator = that tells every two values apart. */
  private static final Set<String> NOT_COMPARABLE =
      Set.of("json", "xml", "point", "box", "lseg", "line", "path", "polygon", "circle");

  /** tsqueryrecv refuses the empty one, which tsquerysend sends. */
  private static final Set<String> NOT_BINARY = Set.of("tsquery", "_tsquery");

  private static final Set<String> VECTORS = Set.of("int2vector", "oidvector");

  private record Type(
      int oid,
      String name,
      String schema,
      String kind,
      int base,
      int modifier,
      int element,
      String category,
      String printed) {
    static Type read(Row row) throws SQLException {
      return new Type(
          (int) row.number("oid"),
          row.text("typname"),
          row.text("nspname"),
          row.text("typtype"),
          (int) row.number("base"),
          (int) row.number("typtypmod"),
          (int) row.number("element"),
          row.text("category"),
          row.text("printed"));
    }
  }

  private final Map<Integer, Type> types = new HashMap<>();
  private final Map<String, String> extensionTypes = new HashMap<>();
  private final boolean sameIntervals;

  private SourceTypes(boolean sameIntervals) {
    this.sameIntervals = sameIntervals;
  }

  static SourceTypes read(PostgresSession source, PostgresSession target) {
    SourceTypes all = new SourceTypes(knowsInfinite(source) == knowsInfinite(target));
    source.query(QUERY, Type::read).forEach(type -> all.types.put(type.oid, type));
    target.query(
        EXTENSION_TYPES, row -> all.extensionTypes.put(row.text("typname"), row.text("name")));
    return all;
  }

  /** What is infinity since 17, was the longest interval before (interval_recv in timestamp.c). */
  private static boolean knowsInfinite(PostgresSession session) {
    return session.serverVersion().major() >= INFINITE_INTERVALS;
  }

  /**
   * What a column becomes.
   *
   * @param printed as the source's format_type prints it, with modifiers
   */
  ColumnType of(int oid, int modifier, String printed) {
    Type type = types.get(oid);
    if (type == null) {
      return new ColumnType(oid, modifier, printed, "text", false, false, 0);
    }
    Optional<String> kept = target(type, modifier, printed);
    return new ColumnType(
        oid,
        modifier,
        printed,
        kept.orElse("text"),
        kept.isPresent() && comparable(type),
        kept.isPresent() && binary(type),
        binaryOid(type));
  }

  private Optional<String> target(Type type, int modifier, String printed) {
    if (type.kind.equals("d")) {
      Type base = types.get(type.base);
      return base == null ? Optional.empty() : target(base, type.modifier, "");
    }
    if (type.category.equals("A") && !VECTORS.contains(type.name)) {
      Type element = types.get(type.element);
      return Optional.of(
          element == null ? "text[]" : target(element, modifier, "").orElse("text") + "[]");
    }
    if (type.schema.equals(CATALOG)) {
      return NOT_PORTABLE.contains(type.name)
          ? Optional.empty()
          : Optional.of(printed.isEmpty() ? printedOf(type, modifier) : printed);
    }
    return type.kind.equals("b")
        ? Optional.ofNullable(extensionTypes.get(type.name))
        : Optional.empty();
  }

  /** Of elements and of what domains are made of only those modifiers that change values. */
  private static String printedOf(Type type, int modifier) {
    return switch (type.name) {
      case "bit" -> modifier > 0 ? "bit(" + modifier + ")" : "bit varying";
      case "bpchar" -> modifier > 4 ? "character(" + (modifier - 4) + ")" : "bpchar";
      default -> type.printed;
    };
  }

  /** An array's binary form names its element type by a number of the source's. */
  private boolean binary(Type type) {
    if (type.category.equals("A") && type.element != 0) {
      Type element = types.get(type.element);
      return element != null && sameBinary(element);
    }
    Type base = type.kind.equals("d") ? types.get(type.base) : type;
    return base != null && sameBinary(base) && !base.kind.equals("d");
  }

  private boolean sameBinary(Type type) {
    return type.schema.equals(CATALOG)
        && !NOT_BINARY.contains(type.name)
        && (sameIntervals || !type.name.equals("interval"));
  }

  /** Of the type in whose binary form its values are sent; zero: of none. */
  private int binaryOid(Type type) {
    Type base = type.kind.equals("d") ? types.get(type.base) : type;
    if (base == null || base.kind.equals("d")) {
      return 0;
    }
    return base.kind.equals("e")
        ? BinaryType.TEXT.oid()
        : BinaryType.of(base.oid).filter(_ -> sameBinary(base)).map(BinaryType::oid).orElse(0);
  }

  private boolean comparable(Type type) {
    if (type.kind.equals("d") || (type.category.equals("A") && type.element != 0)) {
      Type inner = types.get(type.kind.equals("d") ? type.base : type.element);
      return inner != null && comparable(inner);
    }
    return type.schema.equals(CATALOG) && !NOT_COMPARABLE.contains(type.name);
  }
}
