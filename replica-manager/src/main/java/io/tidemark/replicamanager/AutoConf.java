package io.tidemark.replicamanager;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads postgresql.auto.conf as the server and Tidemark write it. */
final class AutoConf {
  static final String FILE_NAME = "postgresql.auto.conf";

  private static final Pattern LINE =
      Pattern.compile("\\s*([A-Za-z_][A-Za-z0-9_.]*)\\s*(?:=|\\s)\\s*(.*?)\\s*");
  private static final Pattern QUOTED = Pattern.compile("'((?:[^'\\\\]|''|\\\\.)*)'.*");

  private AutoConf() {}

  /**
   * The settings by name in lower case; of one that is there twice the last, as the server does.
   */
  static Map<String, String> parse(byte[] file) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String line : new String(file, StandardCharsets.UTF_8).lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches() && !line.strip().startsWith("#")) {
        settings.put(matcher.group(1).toLowerCase(Locale.ROOT), value(matcher.group(2)));
      }
    }
    return settings;
  }

  private static String value(String text) {
    Matcher quoted = QUOTED.matcher(text);
    return quoted.matches() ? unescaped(quoted.group(1)) : text.replaceFirst("\\s*#.*", "");
  }

  /** The reverse of what a writer of the file does; see DeescapeQuotedString in guc-file.l. */
  private static String unescaped(String text) {
    StringBuilder value = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c == '\'' || c == '\\') && i + 1 < text.length()) {
        char next = text.charAt(++i);
        value.append(c == '\'' ? '\'' : plain(next));
      } else {
        value.append(c);
      }
    }
    return value.toString();
  }

  private static char plain(char escape) {
    return switch (escape) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'f' -> '\f';
      default -> escape;
    };
  }
}
