package io.tidemark.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/** Walks a directory in the order of its keys' bytes, one directory in memory per level. */
final class PosixListing implements Iterator<ObjectInfo> {

  /**
   * @param key a group's key ends in {@code /}, so that a group sorts where its objects do
   */
  record Entry(String key, boolean group, ObjectInfo info) {}

  private final Path root;
  private final PosixFailures failures;
  private final Deque<Iterator<Entry>> levels = new ArrayDeque<>();
  private Optional<ObjectInfo> next = Optional.empty();

  PosixListing(Path root, PosixFailures failures, String prefix) {
    this.root = root;
    this.failures = failures;
    levels.push(read(prefix).iterator());
  }

  @Override
  public boolean hasNext() {
    while (next.isEmpty() && !levels.isEmpty()) {
      advance(levels.element());
    }
    return next.isPresent();
  }

  private void advance(Iterator<Entry> level) {
    if (!level.hasNext()) {
      levels.pop();
      return;
    }
    Entry entry = level.next();
    if (entry.group()) {
      levels.push(read(entry.key()).iterator());
    } else {
      next = Optional.of(entry.info());
    }
  }

  @Override
  public ObjectInfo next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    ObjectInfo result = next.orElseThrow();
    next = Optional.empty();
    return result;
  }

  private List<Entry> read(String prefix) {
    return failures.attempt("list " + prefix, 0, () -> entries(root, prefix));
  }

  /** What is directly under a prefix, sorted; nothing where there is no such directory. */
  static List<Entry> entries(Path root, String prefix) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (DirectoryStream<Path> directory = Files.newDirectoryStream(root.resolve(prefix))) {
      for (Path file : directory) {
        entry(prefix, file).ifPresent(entries::add);
      }
    } catch (NoSuchFileException | NotDirectoryException absentOrRemovedMeanwhile) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    entries.sort(Comparator.comparing(Entry::key));
    return entries;
  }

  private static Optional<Entry> entry(String prefix, Path file) throws IOException {
    String name = file.getFileName().toString();
    if (!ObjectKey.isName(name)) {
      return Optional.empty();
    }
    try {
      return entry(prefix + name, Files.readAttributes(file, BasicFileAttributes.class));
    } catch (NoSuchFileException deletedMeanwhile) {
      return Optional.empty();
    }
  }

  private static Optional<Entry> entry(String key, BasicFileAttributes attributes) {
    ObjectInfo info =
        new ObjectInfo(key, attributes.size(), attributes.lastModifiedTime().toInstant());
    if (attributes.isDirectory()) {
      return Optional.of(new Entry(key + "/", true, info));
    }
    return attributes.isRegularFile() ? Optional.of(new Entry(key, false, info)) : Optional.empty();
  }
}
