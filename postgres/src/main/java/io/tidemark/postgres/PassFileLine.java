package io.tidemark.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The lines of a .pgpass file: libpq's documentation, "The Password File". */
final class PassFileLine {
  private static final int FIELDS = 5;

  private PassFileLine() {}

  static Optional<String> find(List<String> lines, HostPort host, String database, String user) {
    List<String> wanted = List.of(host.host(), Integer.toString(host.port()), database, user);
    return lines.stream()
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .map(PassFileLine::fields)
        .filter(fields -> fields.size() >= FIELDS && matches(fields, wanted))
        .map(fields -> fields.get(FIELDS - 1))
        .findFirst();
  }

  private static boolean matches(List<String> fields, List<String> wanted) {
    for (int i = 0; i < wanted.size(); i++) {
      if (!fields.get(i).equals("*") && !fields.get(i).equals(wanted.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '\\' && i + 1 < line.length()) {
        field.append(line.charAt(++i));
      } else if (c == ':') {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    fields.add(field.toString());
    return fields;
  }
}
