package io.tidemark.backup;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DataDirectory;
import io.tidemark.postgres.FileMode;
import io.tidemark.postgres.FileRule;
import io.tidemark.repository.Manifest.Directory;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Lists a data directory by PostgreSQL's rules. Files may come and go meanwhile. */
final class SourceLister {
  private final DataDirectory rules;
  private final List<Directory> directories = new ArrayList<>();
  private final List<SourceFile> files = new ArrayList<>();
  private final List<String> tablespaceLinks = new ArrayList<>();
  private final List<String> leftOut = new ArrayList<>();

  private SourceLister(DataDirectory rules) {
    this.rules = rules;
  }

  /** Lists what belongs into a backup of {@code root}, in the order of the paths. */
  static SourceListing list(Path root, DataDirectory rules) {
    SourceLister lister = new SourceLister(rules);
    try {
      lister.listDirectory("", root);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "cannot list the data directory " + root + ": " + e,
          "run the backup as the user that owns the data directory",
          e);
    }
    return new SourceListing(
        lister.directories, lister.files, lister.tablespaceLinks, lister.leftOut);
  }

  private void listDirectory(String path, Path location) throws IOException {
    Map<String, Path> entries = new TreeMap<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(location)) {
      for (Path entry : stream) {
        String name = entry.getFileName().toString();
        entries.put(path.isEmpty() ? name : path + "/" + name, entry);
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      if (path.isEmpty()) {
        throw e;
      }
      return; // dropped meanwhile: replay drops it, too
    }
    for (Map.Entry<String, Path> entry : entries.entrySet()) {
      listEntry(entry.getKey(), entry.getValue(), entries);
    }
  }

  private void listEntry(String path, Path entry, Map<String, Path> siblings) throws IOException {
    try {
      PosixFileAttributes found = attributes(entry, LinkOption.NOFOLLOW_LINKS);
      FileRule rule = rules.ruleFor(path, found.isDirectory(), siblings::containsKey);
      switch (rule) {
        case SKIP -> {}
        case KEEP_EMPTY ->
            directories.add(new Directory(path, mode(attributes(entry)))); // may be a link
        case TABLESPACE_LINK -> listTablespace(path, entry);
        case COPY, CONTROL_FILE -> listPlain(path, entry, found);
      }
    } catch (NoSuchFileException e) {
      return; // removed meanwhile
    }
  }

  private void listPlain(String path, Path entry, PosixFileAttributes found) throws IOException {
    if (found.isDirectory()) {
      directories.add(new Directory(path, mode(found)));
      listDirectory(path, entry);
    } else if (found.isRegularFile()) {
      files.add(
          new SourceFile(
              path, entry, found.size(), mode(found), found.lastModifiedTime().toInstant()));
    } else {
      leftOut.add(path);
    }
  }

  /** The link itself is restored from the tablespace map; what it leads to is listed under it. */
  private void listTablespace(String path, Path entry) throws IOException {
    PosixFileAttributes found = attributes(entry);
    tablespaceLinks.add(path);
    directories.add(new Directory(path, mode(found)));
    listDirectory(path, entry);
  }

  private static PosixFileAttributes attributes(Path path, LinkOption... options)
      throws IOException {
    return Files.readAttributes(path, PosixFileAttributes.class, options);
  }

  private static int mode(PosixFileAttributes attributes) {
    return FileMode.of(attributes.permissions());
  }
}
