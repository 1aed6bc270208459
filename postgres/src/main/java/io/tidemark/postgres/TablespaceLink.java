package io.tidemark.postgres;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A tablespace: the symbolic link {@code pg_tblspc/<oid>}.
 *
 * @param oid the tablespace's OID
 * @param directory where its files are, as the link says
 */
public record TablespaceLink(long oid, String directory) {
  public TablespaceLink {
    if (oid < 1 || oid > 0xFFFF_FFFFL) {
      throw new IllegalArgumentException("not a tablespace's OID: " + oid);
    }
    if (directory.isEmpty()) {
      throw new IllegalArgumentException("tablespace " + oid + " has no directory");
    }
  }

  /** The link, relative to the data directory. */
  public String path() {
    return "pg_tblspc/" + oid;
  }

  /**
   * The links in {@code dataDirectory/pg_tblspc}, by OID. Tablespaces that are plain directories
   * there are part of the data directory and not listed.
   */
  public static List<TablespaceLink> list(Path dataDirectory) throws IOException {
    List<TablespaceLink> links = new ArrayList<>();
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(dataDirectory.resolve("pg_tblspc"), Files::isSymbolicLink)) {
      for (Path link : entries) {
        String name = link.getFileName().toString();
        if (name.matches("[1-9][0-9]{0,9}")) {
          links.add(
              new TablespaceLink(Long.parseLong(name), Files.readSymbolicLink(link).toString()));
        }
      }
    }
    links.sort(Comparator.comparingLong(TablespaceLink::oid));
    return links;
  }
}
