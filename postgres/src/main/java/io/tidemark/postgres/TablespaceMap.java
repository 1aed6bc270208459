package io.tidemark.postgres;

import java.util.ArrayList;
import java.util.List;

/**
 * A backup's {@code tablespace_map}: which symbolic links recovery makes in {@code pg_tblspc}. One
 * line {@code <oid> <directory>} for each; a line break or backslash in a directory's name has a
 * backslash before it (xlog.c, xlogrecovery.c).
 *
 * @param tablespaces in the file's order
 */
public record TablespaceMap(List<TablespaceLink> tablespaces) {
  /** Its name in a data directory. */
  public static final String FILE_NAME = "tablespace_map";

  public TablespaceMap {
    tablespaces = List.copyOf(tablespaces);
  }

  /** Reads the file. Throws IllegalArgumentException where it is not one. */
  public static TablespaceMap parse(String text) {
    List<TablespaceLink> links = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        line.append(text.charAt(++i));
      } else if (c == '\n' || c == '\r') {
        addLine(links, line);
      } else {
        line.append(c);
      }
    }
    addLine(links, line);
    return new TablespaceMap(links);
  }

  /** The file's text. */
  public String render() {
    StringBuilder text = new StringBuilder();
    for (TablespaceLink link : tablespaces) {
      text.append(link.oid()).append(' ').append(escape(link.directory())).append('\n');
    }
    return text.toString();
  }

  private static void addLine(List<TablespaceLink> links, StringBuilder line) {
    if (line.isEmpty()) {
      return;
    }
    String text = line.toString();
    line.setLength(0);
    int space = text.indexOf(' ');
    if (space < 1) {
      throw new IllegalArgumentException("not a line of tablespace_map: '" + text + "'");
    }
    links.add(new TablespaceLink(Long.parseLong(text, 0, space, 10), text.substring(space + 1)));
  }

  private static String escape(String directory) {
    return directory.replaceAll("[\\n\\r\\\\]", "\\\\$0");
  }
}
