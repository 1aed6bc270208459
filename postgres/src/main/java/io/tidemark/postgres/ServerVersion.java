package io.tidemark.postgres;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server's or program's version.
 *
 * @param major 15 for 15.8
 * @param full as the server writes it: {@code 15.8 (Debian 15.8-0+deb12u1)}
 */
public record ServerVersion(int major, String full) {
  private static final Pattern LEADING_NUMBER = Pattern.compile("(\\d{1,4}).*");

  /** Reads {@code server_version}. Throws IllegalArgumentException where it begins otherwise. */
  public static ServerVersion parse(String full) {
    Matcher matcher = LEADING_NUMBER.matcher(full);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a PostgreSQL version: '" + full + "'");
    }
    return new ServerVersion(Integer.parseInt(matcher.group(1)), full);
  }

  @Override
  public String toString() {
    return full;
  }
}
