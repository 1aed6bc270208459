package io.tidemark.testing;

import static io.tidemark.testing.TypeMatrixColumn.column;

import java.util.List;

/** Columns of types that a user made or an extension brought, and the DDL of these. */
final class TypeMatrixUser {
  private static final List<String> EXTENSIONS =
      List.of("hstore", "citext", "ltree", "cube", "isn", "seg", "intarray", "lo");

  private TypeMatrixUser() {}

  static List<String> extensions() {
    return EXTENSIONS.stream()
        .map(name -> "CREATE EXTENSION IF NOT EXISTS " + name + " SCHEMA public")
        .toList();
  }

  /** In the schema {@code types}, and one whose name has to be quoted. */
  static List<String> types() {
    return List.of(
        "CREATE TYPE types.mood AS ENUM ('sad', 'ok', 'it''s, \"great\"', '', 'ünïcode 😀')",
        "CREATE TYPE \"odd Schema\".\"Odd \"\"Enum\" AS ENUM ('Ä', 'b c')",
        "CREATE DOMAIN types.positive AS int CHECK (VALUE > 0)",
        "CREATE DOMAIN types.small_positive AS types.positive CHECK (VALUE < 100)",
        "CREATE DOMAIN types.code AS varchar(8) CHECK (VALUE ~ '^[A-Z]*$')",
        "CREATE DOMAIN types.moods AS types.mood[]",
        "CREATE DOMAIN types.period AS daterange",
        "CREATE TYPE types.address AS (street text, number int, tags text[], place point)",
        "CREATE TYPE types.person AS (name text, \"Home Address\" types.address,"
            + " moods types.mood[], age types.positive, extra jsonb)",
        "CREATE DOMAIN types.settled AS types.address CHECK ((VALUE).number IS DISTINCT FROM -1)",
        "CREATE TYPE types.floatrange AS RANGE (subtype = float8, subtype_diff = float8mi)",
        "CREATE TYPE types.moodrange AS RANGE (subtype = types.mood)");
  }

  static List<TypeMatrixColumn> ofTypes() {
    String address =
        "(\"a \"\"b\"\" \\\\ , ( )\",-5,\"{\"\"x y\"\",NULL,\"\"\\\\\"\"\"\"}\",\"(1,2)\")";
    String nested = "(\"O'Neill\n\",\"(,,\"\"{}\"\",)\",\"{sad,ok}\",7,\"{\"\"k\"\": [1, null]}\")";
    return List.of(
        column("types.mood", "sad", "it's, \"great\"", "", "ünïcode 😀"),
        column("\"odd Schema\".\"Odd \"\"Enum\"", "Ä", "b c"),
        column("types.positive", "1", "2147483647"),
        column("types.small_positive", "1", "99"),
        column("types.code", "", "ABCDEFGH"),
        column("types.moods", "{}", "{sad,NULL,\"it's, \\\"great\\\"\"}", "[3:4]={ok,\"\"}"),
        column("types.period", "empty", "[2024-01-01,2024-02-01)"),
        column("types.address", "(,,,)", "(\"\",0,{},)", address),
        column("types.person", "(,,,,)", nested),
        column("types.settled", "(,,,)", "(x,1,,)"),
        column("types.floatrange", "empty", "[0.1,Infinity)", "(,)"),
        column("types.floatmultirange", "{}", "{[0.1,0.2],(1,)}"),
        column("types.moodmultirange", "{}", "{[sad,ok]}"),
        column("types.moodrange", "empty", "[sad,ok]", "[sad,\"it's, \\\"great\\\"\")"));
  }

  static List<TypeMatrixColumn> ofExtensions() {
    return List.of(
        column(
            "public.hstore", "", "\"a\"=>\"1\", \"b c\"=>NULL, \"\\\"\\\\\"=>\"😀\"", "\"\"=>\"\""),
        column("public.citext", "", "MiXed Ä", "\\N"),
        column("public.ltree", "", "Top.Science.Astronomy_1"),
        column("public.lquery", "*.Science{1,2}.!a*|b@", "Top.*{,5}"),
        column("public.ltxtquery", "Europe & Russia*@ & !Transportation"),
        column("public.cube", "(0)", "(1,2,3),(4,5,6)", "()", "(NaN,-0)"),
        column("public.ean13", "978-0-11-000533-1"),
        column("public.isbn", "0-11-000533-3"),
        column("public.isbn13", "978-0-11-000533-1"),
        column("public.ismn", "M-060-11561-5"),
        column("public.ismn13", "979-0-060-11561-5"),
        column("public.issn", "1436-4522"),
        column("public.issn13", "977-1436-452-00-8"),
        column("public.upc", "220356483481"),
        column("public.seg", "1.5", "1.50 .. 2.5", "<1.2 .. >3", "~7"),
        column("public.query_int", "1&(2|!3)", "2147483647"),
        column("public.lo", "0", "4294967295"));
  }
}
