package io.tidemark.postgres;

/** SQL that somebody else wrote, as the driver takes it. */
public final class DriverSql {
  private DriverSql() {}

  /**
   * A statement without parameters. An operator with a question mark is none, if it is written
   * twice ("Using the Statement or PreparedStatement Interface" in pgjdbc's documentation).
   */
  public static String withoutParameters(String sql) {
    StringBuilder escaped = new StringBuilder(sql.length());
    char quote = 0;
    for (int i = 0; i < sql.length(); i++) {
      char c = sql.charAt(i);
      if (c == '\'' || c == '"') {
        quote = quote == 0 ? c : quote == c ? 0 : quote;
      }
      escaped.append(c);
      if (c == '?' && quote == 0) {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
