package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/** Turns what a file system says into a store's closed kinds of failure. */
final class PosixFailures {
  private static final String TRY_LATER =
      "Look at the disk or mount that holds it, then try again.";

  private final Path root;

  PosixFailures(Path root) {
    this.root = root;
  }

  /** File work that may fail. */
  interface Work<T> {
    T run() throws IOException;
  }

  /** Does it; a failure names what was being done. */
  <T> T attempt(String doing, long bytes, Work<T> work) {
    try {
      return work.run();
    } catch (IOException e) {
      throw explain(doing, bytes, e);
    }
  }

  /**
   * Everything not known for certain is UNAVAILABLE, never NOT_FOUND: a file system that answers
   * with an I/O error, a stale handle, or from an unmounted directory has said nothing about the
   * object.
   *
   * @param bytes how many were to be written; decides whether the disk is full where the system's
   *     message is in a language not known here
   */
  StoreException explain(String doing, long bytes, IOException e) {
    String found = "Cannot " + doing + ": " + reason(e);
    return switch (kind(bytes, e)) {
      case NO_SPACE ->
          new StoreException(
              Kind.NO_SPACE,
              found + ", expected room for " + bytes + " bytes",
              "Free or add space at " + root + "; expiring old backups needs no space.",
              e);
      case DENIED ->
          new StoreException(
              Kind.DENIED,
              found + ", expected read and write permission below " + root,
              "Check owner and mode of the directory, and whether it is mounted read-only.",
              e);
      default -> new StoreException(Kind.UNAVAILABLE, found, TRY_LATER, e);
    };
  }

  private Kind kind(long bytes, IOException e) {
    String text = reason(e).toLowerCase(Locale.ROOT);
    if (e instanceof AccessDeniedException
        || text.contains("read-only file system")
        || text.contains("operation not permitted")) {
      return Kind.DENIED;
    }
    if (text.contains("no space left") || text.contains("quota exceeded")) {
      return Kind.NO_SPACE;
    }
    return bytes > 0 && !(e instanceof NoSuchFileException) ? kindByState(bytes) : Kind.UNAVAILABLE;
  }

  private Kind kindByState(long bytes) {
    try {
      FileStore disk = Files.getFileStore(root);
      if (disk.isReadOnly()) {
        return Kind.DENIED;
      }
      return disk.getUsableSpace() < bytes ? Kind.NO_SPACE : Kind.UNAVAILABLE;
    } catch (IOException stateUnknown) {
      return Kind.UNAVAILABLE;
    }
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
