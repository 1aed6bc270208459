package io.tidemark.backup;

import io.tidemark.postgres.TablespaceLink;
import io.tidemark.postgres.TablespaceMap;
import java.util.List;

/**
 * Tablespaces that were made while the backup ran: the server's tablespace map, which is from its
 * start, does not know them, and replay makes them anew. It refuses to where there is something in
 * the way (remove_tablespace_symlink in tablespace.c), so that they must not be restored.
 */
record ReplayedTablespaces(List<String> links) {
  static ReplayedTablespaces of(SourceListing listing, TablespaceMap map) {
    List<String> known = map.tablespaces().stream().map(TablespaceLink::path).toList();
    return new ReplayedTablespaces(
        listing.tablespaceLinks().stream().filter(link -> !known.contains(link)).toList());
  }

  /** Whether a path of the backup is one of them, or in one. */
  boolean holds(String path) {
    return links.stream().anyMatch(link -> path.equals(link) || path.startsWith(link + "/"));
  }
}
