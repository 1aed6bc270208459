package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.TablespaceLink;
import io.tidemark.postgres.TablespaceMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Where each tablespace of a backup goes. */
final class TablespaceMapping {
  private TablespaceMapping() {}

  /**
   * The backup's tablespaces with the locations that they get.
   *
   * @throws TidemarkException USAGE where a mapping names no tablespace of the backup
   */
  static TablespaceMap apply(TablespaceMap backup, Map<Path, Path> mapping) {
    List<Path> unused = new ArrayList<>(mapping.keySet());
    List<TablespaceLink> links = new ArrayList<>();
    for (TablespaceLink link : backup.tablespaces()) {
      Path from = Path.of(link.directory());
      unused.remove(from);
      links.add(new TablespaceLink(link.oid(), mapping.getOrDefault(from, from).toString()));
    }
    if (!unused.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "the backup has no tablespace at %s; it has %s"
              .formatted(
                  unused.getFirst(),
                  backup.tablespaces().stream().map(TablespaceLink::directory).toList()),
          "give --tablespace-map OLD=NEW with OLD as it is in the backup");
    }
    return new TablespaceMap(links);
  }
}
