package io.tidemark.backup;

import io.tidemark.repository.Manifest.Directory;
import java.util.List;

/**
 * What a data directory holds.
 *
 * @param leftOut what is neither file nor directory nor tablespace, and so is not backed up
 */
record SourceListing(List<Directory> directories, List<SourceFile> files, List<String> leftOut) {
  SourceListing {
    directories = List.copyOf(directories);
    files = List.copyOf(files);
    leftOut = List.copyOf(leftOut);
  }

  long bytes() {
    return files.stream().mapToLong(SourceFile::size).sum();
  }
}
