package io.tidemark.backup;

import io.tidemark.repository.Manifest.Directory;
import java.util.List;

/**
 * What a data directory holds.
 *
 * @param tablespaceLinks the paths of tablespaces outside the data directory
 * @param leftOut what is neither file nor directory nor tablespace, and so is not backed up
 */
record SourceListing(
    List<Directory> directories,
    List<SourceFile> files,
    List<String> tablespaceLinks,
    List<String> leftOut) {
  SourceListing {
    tablespaceLinks = List.copyOf(tablespaceLinks);
    directories = List.copyOf(directories);
    files = List.copyOf(files);
    leftOut = List.copyOf(leftOut);
  }

  long bytes() {
    return files.stream().mapToLong(SourceFile::size).sum();
  }
}
