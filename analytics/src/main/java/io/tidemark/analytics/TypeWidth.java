package io.tidemark.analytics;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a column of one type can take the values of another, and prints them alike. So a table
 * that several sources share can have the widest of their types, while they change one after the
 * other. Pure; types are as format_type() prints them.
 */
final class TypeWidth {
  /** Each takes what those before it take. */
  private static final List<String> INTEGERS = List.of("smallint", "integer", "bigint", "numeric");

  private static final Pattern MODIFIED = Pattern.compile("(.+)\\((\\d+)(?:,(-?\\d+))?\\)");
  private static final String VARCHAR = "character varying";

  private TypeWidth() {}

  static boolean holds(String wide, String narrow) {
    return wide.equals(narrow)
        || (INTEGERS.contains(narrow) && INTEGERS.indexOf(wide) > INTEGERS.indexOf(narrow))
        || holdsText(wide, narrow)
        || holdsNumeric(wide, narrow);
  }

  private static boolean holdsText(String wide, String narrow) {
    if (!base(narrow).equals(VARCHAR)) {
      return false;
    }
    return wide.equals("text")
        || wide.equals(VARCHAR)
        || (base(wide).equals(VARCHAR)
            && !narrow.equals(VARCHAR)
            && modifier(wide, 2) >= modifier(narrow, 2));
  }

  /** With another scale, 1.5 is printed 1.50. */
  private static boolean holdsNumeric(String wide, String narrow) {
    if (!base(narrow).equals("numeric") || narrow.equals("numeric")) {
      return false;
    }
    return wide.equals("numeric")
        || (base(wide).equals("numeric")
            && modifier(wide, 3) == modifier(narrow, 3)
            && modifier(wide, 2) >= modifier(narrow, 2));
  }

  private static String base(String type) {
    Matcher matcher = MODIFIED.matcher(type);
    return matcher.matches() ? matcher.group(1) : type;
  }

  private static int modifier(String type, int group) {
    Matcher matcher = MODIFIED.matcher(type);
    return matcher.matches() && matcher.group(group) != null
        ? Integer.parseInt(matcher.group(group))
        : 0;
  }
}
