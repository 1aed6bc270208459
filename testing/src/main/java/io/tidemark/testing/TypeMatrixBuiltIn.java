package io.tidemark.testing;

import static io.tidemark.testing.TypeMatrixColumn.column;
import static io.tidemark.testing.TypeMatrixColumn.expressions;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Columns of every built-in type that a table can hold and text can be put into, by group. */
final class TypeMatrixBuiltIn {
  private static final String BIG_NUMBER = "9876543210".repeat(100);

  private TypeMatrixBuiltIn() {}

  static Map<String, List<TypeMatrixColumn>> groups(int major) {
    Map<String, List<TypeMatrixColumn>> groups = new LinkedHashMap<>();
    groups.put("numbers", numbers());
    groups.put("texts", texts(major));
    groups.put("times", times(major));
    groups.put("identifiers", identifiers());
    groups.put("documents", documents());
    groups.put("shapes", shapes());
    groups.put("networks_and_bits", networksAndBits());
    groups.put("ranges", ranges());
    return groups;
  }

  private static List<TypeMatrixColumn> numbers() {
    return List.of(
        column("bool", "true", "false"),
        column("int2", "-32768", "0", "32767"),
        column("int4", "-2147483648", "0", "2147483647"),
        column("int8", "-9223372036854775808", "0", "9223372036854775807"),
        column("float4", "NaN", "Infinity", "-Infinity", "-0", "3.4028235e38", "1e-45", "0.1"),
        column("float8", "NaN", "Infinity", "-Infinity", "-0", "1.7976931348623157e308", "5e-324")
            .and("'0.1'::float8", "'-1234.5678901234567'::float8"),
        column("numeric", "NaN", "Infinity", "-Infinity", "0", "-0.000", "1.10", "-12345.678900")
            .when(true, BIG_NUMBER, "-0." + BIG_NUMBER, "1e131071", "1e-16383"),
        column("numeric(20,4)", "NaN", "1.2", "-9999999999999999.9999"),
        column("numeric(5,-2)", "1234567", "49"),
        column("numeric(3,5)", "0.00999", "-0.00001"),
        column("money", "92233720368547758.07", "-92233720368547758.08", "0", "0.01"));
  }

  private static List<TypeMatrixColumn> texts(int major) {
    String hard = "'\"\\ \n\r\t\b\u0001 \\N \\. {}(),; NULL null 'x' \\\\ $$ %s";
    String unicode = "ä ß € 漢字 é 😀 👩‍👩‍👧 \u202e ﷽";
    String megabyte =
        "(SELECT string_agg(md5(i::text), '' ORDER BY i) FROM generate_series(1, 32768) i)";
    return List.of(
        column("text", "", " ", hard, unicode, "\\N", "\\.", "NULL", "null", "\n", "a\tb")
            .andLarge(megabyte),
        column("varchar", "", hard, unicode),
        column("varchar(10)", "", "0123456789", "漢字漢字漢字漢字漢字"),
        column("bpchar", "", "a  ", "  a"),
        column("char(10)", "", "a", "  a\\"),
        column("\"char\"", "", "a", "\\", "'").when(major >= 16, "\\377"),
        column("name", "", "a", "Ä \"quoted\"", "x".repeat(63)),
        column("refcursor", "", "<unnamed portal 1>"),
        expressions(
                "bytea",
                "''::bytea",
                "'\\x00'::bytea",
                "'\\x5c780a'::bytea",
                "(SELECT string_agg(set_byte('\\x00', 0, i), '' ORDER BY i)"
                    + " FROM generate_series(0, 255) i)")
            .andLarge(
                "(SELECT string_agg(decode(md5(i::text), 'hex'), '' ORDER BY i)"
                    + " FROM generate_series(1, 65536) i)"));
  }

  private static List<TypeMatrixColumn> times(int major) {
    return List.of(
        column("date", "-infinity", "infinity", "4714-11-24 BC", "0001-01-01", "5874897-12-31")
            .when(true, "2000-02-29"),
        column("timestamp", "-infinity", "infinity", "4714-11-24 00:00:00 BC")
            .when(true, "294276-12-31 23:59:59.999999", "1999-12-31 23:59:59.5", "2000-01-01"),
        column("timestamp(0)", "infinity", "2024-02-29 12:34:56.789"),
        column("timestamptz", "-infinity", "infinity", "4714-11-24 00:00:00+00 BC")
            .when(true, "294276-12-31 23:59:59.999999+00", "2024-03-31 02:30:00+01")
            .when(true, "1883-11-18 12:03:58-04:56:02"),
        column("timestamptz(3)", "2024-02-29 12:34:56.789999+05:45"),
        column("time", "00:00:00", "24:00:00", "23:59:59.999999"),
        column("timetz", "00:00:00-15:59:59", "24:00:00+15:59:59", "12:00:00.000001+05:45"),
        column("interval", "-178000000 years", "178000000 years", "0", "-1 mon +1 day -00:00:01")
            .when(true, "2147483647 months 2147483647 days", "9223372036854775807 microseconds")
            .when(major >= 17, "infinity", "-infinity"),
        column("interval day to second(2)", "1 day 02:03:04.567"));
  }

  private static List<TypeMatrixColumn> identifiers() {
    return List.of(
        column(
            "uuid", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        column("oid", "0", "4294967295"),
        column("xid", "0", "4294967295"),
        column("xid8", "0", "18446744073709551615"),
        column("cid", "0", "4294967295"),
        column("tid", "(0,0)", "(4294967295,65535)"),
        column("pg_lsn", "0/0", "FFFFFFFF/FFFFFFFF", "16/B374D848"),
        column("pg_snapshot", "10:20:10,14,15", "1:1:"),
        column("txid_snapshot", "10:20:10,14,15", "1:1:"),
        column("oidvector", "", "1 4294967295"),
        column("int2vector", "", "-32768 0 32767"),
        column("aclitem", "=r/postgres", "postgres=arwdDxt*/postgres"),
        column("regclass", "pg_class", "pg_toast.pg_toast_1255", "-", "4294967295"),
        column("regtype", "integer", "timestamp with time zone", "text[]", "\"char\"", "-"),
        column("regproc", "now", "pg_catalog.pg_sleep", "-"),
        column("regprocedure", "sum(integer)", "lower(anyrange)", "-"),
        column("regoper", "||/", "0"),
        column("regoperator", "+(integer,integer)", "!~(text,text)", "0"),
        column("regrole", "postgres", "pg_monitor", "-"),
        column("regnamespace", "pg_catalog", "public", "-"),
        column("regcollation", "\"C\"", "\"POSIX\"", "-"),
        column("regconfig", "simple", "english", "-"),
        column("regdictionary", "simple", "english_stem", "-"));
  }

  private static List<TypeMatrixColumn> documents() {
    String json =
        "{\"b\": [1, 2.50, -0, 1e400, null, true, {}], \"a\": {\"\\u00e4 \\\" \\\\ \\n\": \"😀\"},"
            + " \"b\":\t\"twice\"}";
    return List.of(
        column("json", json, "null", "\"\"", "[]", " [ 1 ,2 ] "),
        column("jsonb", json, "null", "\"\"", "[]", "-1.230", "\"\\\\N\"")
            .and(
                "('[' || repeat('[\"x\", {\"y\": ', 500) || '1' || repeat('}]', 500) || ']')::jsonb"),
        column(
            "jsonpath",
            "$.\"a b\"[*] ? (@ > 1 && @.x like_regex \"^'\")",
            "strict $",
            "$.double()"),
        column("xml", "<a b=\"c&amp;d\">ä<![CDATA[<&>]]></a>", "", "text <!-- and -->")
            .when(true, "<?xml version=\"1.0\"?><r>\n\t\\N</r>"),
        column("tsvector", "", "'a':1A,2B 'fat cat''s':3 'ä\\\\':16383", "a b c"),
        column("tsquery", "", "'fat' & ( 'rat' | !'c''at':AB* ) <2> 'x'"));
  }

  private static List<TypeMatrixColumn> shapes() {
    return List.of(
        column("point", "(0,-0)", "(NaN,Infinity)", "(1e308,5e-324)"),
        column("line", "{1,-1,0}", "{0,1,-0.5}"),
        column("lseg", "[(0,0),(1,1)]", "[(Infinity,0),(0,NaN)]"),
        column("box", "(1,1),(0,0)", "(Infinity,0.1),(-Infinity,-0.1)"),
        column("path", "[(0,0),(1,1),(2,0)]", "((0,0),(1,1))"),
        column("polygon", "((0,0),(1,1),(2,0))", "((0.1,0.2))"),
        column("circle", "<(0,0),0>", "<(1.5,-2),Infinity>"));
  }

  private static List<TypeMatrixColumn> networksAndBits() {
    return List.of(
        column("inet", "0.0.0.0/0", "192.168.1.5/24", "255.255.255.255", "::", "fe80::1:2/64")
            .when(true, "::ffff:1.2.3.4"),
        column("cidr", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/0"),
        column("macaddr", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"),
        column("macaddr8", "00:00:00:00:00:00:00:00", "08:00:2b:ff:fe:01:02:03"),
        column("bit(9)", "000000000", "101010101"),
        column("bit", "0", "1"),
        column("varbit", "", "1", "1010101010101010101"),
        column("varbit(5)", "", "10101"));
  }

  private static List<TypeMatrixColumn> ranges() {
    return List.of(
        column("int4range", "empty", "(,)", "[-2147483648,2147483647)", "[1,2]", "(5,)"),
        column("int8range", "empty", "(,)", "[-9223372036854775808,9223372036854775807)"),
        column("numrange", "empty", "(,)", "[-Infinity,NaN]", "(1.10,2.200]"),
        column("tsrange", "empty", "[-infinity,infinity]", "(,\"2024-01-01 00:00:00.5\"]"),
        column("tstzrange", "empty", "[-infinity,infinity]", "(,\"2024-01-01 00:00:00+02\"]"),
        column("daterange", "empty", "[2024-01-01,2024-12-31]", "[-infinity,infinity]"),
        column("int4multirange", "{}", "{(,)}", "{[1,3),[5,7),[9,)}"),
        column("int8multirange", "{}", "{(,5),[9223372036854775806,9223372036854775807)}"),
        column("nummultirange", "{}", "{[1.10,2.20],(3,Infinity)}"),
        column("tsmultirange", "{}", "{[\"2024-01-01 00:00:00\",\"2024-01-02 00:00:00\"]}"),
        column("tstzmultirange", "{}", "{(,-infinity],[\"2024-01-02 00:00:00+02\",infinity)}"),
        column("datemultirange", "{}", "{[2024-01-01,2024-01-02],[2024-02-01,)}"));
  }
}
