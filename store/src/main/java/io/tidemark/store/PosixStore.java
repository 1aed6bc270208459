package io.tidemark.store;

import io.tidemark.store.PosixFailures.Work;
import io.tidemark.store.PosixWriter.Linker;
import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Objects as files below a directory. The directory {@code ~store} in it, whose name no key can
 * have, shows that this is a store and that it is mounted: without it nothing is ever "not found",
 * only unavailable. It also holds what is being written.
 *
 * <p>Opening one does no I/O. A file system that hangs (a hard NFS mount) cannot be interrupted:
 * there is no deadline here, as there is for a store behind a network connection.
 */
public final class PosixStore implements ObjectStore {
  static final String OWN = "~store";

  private final Path root;
  private final PosixFailures failures;
  private final DurableDirectories directories;
  private final PosixWriter writer;

  private PosixStore(PosixSettings settings, Linker linker) {
    this.root = settings.root();
    this.failures = new PosixFailures(root);
    this.directories = new DurableDirectories(settings);
    this.writer = new PosixWriter(linker, settings, directories, this::requirePresent);
  }

  /** A store that was created before; if it is not there, every call says UNAVAILABLE. */
  public static PosixStore open(PosixSettings settings) {
    return new PosixStore(settings, Files::createLink);
  }

  /**
   * Makes the directory, unless it is there, and makes a store of it, unless it is one.
   *
   * @throws StoreException of kind REFUSED if the directory above it is missing, which may be a
   *     file system that is not mounted
   */
  public static PosixStore create(PosixSettings settings) {
    return create(settings, Files::createLink);
  }

  static PosixStore create(PosixSettings settings, Linker linker) {
    PosixStore store = new PosixStore(settings, linker);
    store.failures.attempt("create a store in " + store.root, 0, store::createRoot);
    return store;
  }

  private boolean createRoot() throws IOException {
    Path above = root.getParent();
    if (above != null && !Files.isDirectory(above)) {
      throw new StoreException(
          Kind.REFUSED,
          "There is no directory " + above + ", expected one to create " + root + " in",
          "Mount the file system, or create the directory if it is only new.",
          null);
    }
    if (!Files.isDirectory(root)) {
      Files.createDirectory(root);
      DurableDirectories.syncOne(DurableDirectories.above(root));
    }
    directories.create(root.resolve(OWN));
    directories.sync(root);
    return true;
  }

  @Override
  public boolean putIfAbsent(String key, Content content) {
    Path file = path(key);
    return failures.attempt("put " + key, content.size(), () -> writer.put(key, file, content));
  }

  @Override
  public InputStream get(String key, long offset, long length) {
    Path file = path(key);
    return ifPresent("read " + key, file, () -> open(key, file, Range.of(offset, length)))
        .orElseThrow(() -> notFound(key));
  }

  private InputStream open(String key, Path file, Range range) throws IOException {
    BasicFileAttributes attributes = regular(file);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    long size = attributes.size();
    return new PosixInputStream(
        channel, key, failures, version(attributes), range.from(size), range.to(size));
  }

  private static String version(BasicFileAttributes attributes) {
    return attributes.fileKey() + " " + attributes.lastModifiedTime();
  }

  /** A group is not an object. */
  private static BasicFileAttributes regular(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    if (!attributes.isRegularFile()) {
      throw new NoSuchFileException(file.toString());
    }
    return attributes;
  }

  @Override
  public Optional<ObjectInfo> head(String key) {
    Path file = path(key);
    return ifPresent("look at " + key, file, () -> regular(file))
        .map(found -> new ObjectInfo(key, found.size(), found.lastModifiedTime().toInstant()));
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    ObjectKey.checkPrefix(prefix);
    requirePresent();
    PosixListing listing = new PosixListing(root, failures, prefix);
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            listing, Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL),
        false);
  }

  @Override
  public List<String> children(String prefix) {
    ObjectKey.checkPrefix(prefix);
    requirePresent();
    return failures.attempt("list " + prefix, 0, () -> PosixListing.entries(root, prefix)).stream()
        .map(entry -> entry.key().substring(prefix.length()))
        .toList();
  }

  @Override
  public void delete(String key) {
    deleteAll(List.of(key));
  }

  @Override
  public void deleteAll(List<String> keys) {
    List<Path> files = keys.stream().map(this::path).toList();
    Set<Path> changed = new LinkedHashSet<>();
    for (Path file : files) {
      if (ifPresent("delete " + file, file, () -> deleteOne(file)).isPresent()) {
        changed.add(DurableDirectories.above(file));
      }
    }
    changed.forEach(each -> failures.attempt("delete in " + each, 0, () -> settle(each)));
  }

  private static boolean deleteOne(Path file) throws IOException {
    regular(file);
    Files.delete(file);
    return true;
  }

  /** A deletion that a crash undoes would bring back a manifest whose packs are gone: sync. */
  private boolean settle(Path directory) throws IOException {
    try {
      DurableDirectories.syncOne(directory);
      for (Path each = directory; !each.equals(root); each = DurableDirectories.above(each)) {
        Files.delete(each);
      }
      return true;
    } catch (DirectoryNotEmptyException | NoSuchFileException nothingToRemove) {
      return false;
    }
  }

  @Override
  public String describe() {
    return "file://" + root;
  }

  @Override
  public StoreAbilities probe() {
    return new StoreProbe(this, this::refusesSecondPut).run();
  }

  private boolean refusesSecondPut(String key) {
    boolean second = putIfAbsent(key, Content.of(new byte[] {1}));
    return !second && writer.hasHardLinks();
  }

  /** Nothing to close: streams have their own files. */
  @Override
  public void close() {}

  private Path path(String key) {
    return root.resolve(ObjectKey.check(key));
  }

  /**
   * What the work finds, or empty if its file is certainly not there: the store is, and the file is
   * missing still after that was seen. An unmounted directory is not an absent object.
   */
  private <T> Optional<T> ifPresent(String doing, Path file, Work<T> work) {
    Optional<T> found = failures.attempt(doing, 0, () -> orAbsent(file, work));
    if (found.isPresent()) {
      return found;
    }
    requirePresent();
    return failures.attempt(doing, 0, () -> orAbsent(file, work));
  }

  private <T> Optional<T> orAbsent(Path file, Work<T> work) throws IOException {
    try {
      return Optional.of(work.run());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (FileSystemException e) {
      if (isBelowAFile(file)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private boolean isBelowAFile(Path file) {
    for (Path each = DurableDirectories.above(file);
        !each.equals(root);
        each = DurableDirectories.above(each)) {
      if (Files.isRegularFile(each)) {
        return true;
      }
    }
    return false;
  }

  private void requirePresent() {
    boolean present =
        failures.attempt(
            "look at " + root,
            0,
            () -> {
              try {
                return Files.readAttributes(root.resolve(OWN), BasicFileAttributes.class)
                    .isDirectory();
              } catch (NoSuchFileException e) {
                return false;
              }
            });
    if (!present) {
      throw new StoreException(
          Kind.UNAVAILABLE,
          "There is no store in " + root + ": expected the directory " + OWN + " in it",
          "Mount the file system that holds it; if it is to be a new store, run 'tidemark init'.",
          null);
    }
  }

  private static StoreException notFound(String key) {
    return new StoreException(Kind.NOT_FOUND, "There is no object " + key, "", null);
  }
}
