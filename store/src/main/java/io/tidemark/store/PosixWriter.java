package io.tidemark.store;

import static io.tidemark.store.DurableDirectories.above;

import io.tidemark.store.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts whole files that are durable and never replace another: written and synced under a name that
 * no key can have, then hard-linked to their own, which fails where there is one.
 *
 * <p>A file system without hard links gets "look, then rename" instead, which keeps the writers of
 * one process apart but not those of two; the store's abilities say so.
 */
final class PosixWriter {
  private static final Logger LOG = LoggerFactory.getLogger(PosixWriter.class);
  private static final Duration LEFTOVER_AFTER = Duration.ofHours(24);
  private static final int LINK_TRIES = 100;
  // The JDK copies what is not direct through a direct buffer as large as the largest write.
  private static final int MOST_AT_ONCE = 256 * 1024;

  /** Gives a file a second name unless that is taken, as {@link Files#createLink} does. */
  interface Linker {
    void link(Path newName, Path file) throws IOException;
  }

  private final Linker linker;
  private final PosixSettings settings;
  private final Path workshop;
  private final DurableDirectories directories;
  private final Runnable requirePresent;
  private final AtomicBoolean tidied = new AtomicBoolean();
  private volatile boolean hardLinks = true;

  PosixWriter(
      Linker linker,
      PosixSettings settings,
      DurableDirectories directories,
      Runnable requirePresent) {
    this.linker = linker;
    this.settings = settings;
    this.workshop = settings.root().resolve(PosixStore.OWN);
    this.directories = directories;
    this.requirePresent = requirePresent;
  }

  boolean hasHardLinks() {
    return hardLinks;
  }

  /** Whether it was created; false if there was one, which is durable now as well. */
  boolean put(String key, Path file, Content content) throws IOException {
    if (tidied.compareAndSet(false, true)) {
      removeLeftovers();
    }
    if (Files.exists(file)) {
      return secure(key, file);
    }
    Path temporary = workshop.resolve(UUID.randomUUID().toString());
    try {
      write(temporary, content);
      return publish(key, temporary, file);
    } catch (NoSuchFileException e) {
      requirePresent.run();
      throw e;
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private void write(Path temporary, Content content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(settings.files()))) {
      for (ByteBuffer part : content.parts()) {
        writeFully(channel, part.duplicate());
      }
      channel.force(true);
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer part) throws IOException {
    int end = part.limit();
    while (part.position() < end) {
      part.limit(Math.min(end, part.position() + MOST_AT_ONCE));
      channel.write(part);
    }
  }

  private boolean publish(String key, Path temporary, Path file) throws IOException {
    for (int tried = 1; ; tried++) {
      try {
        directories.create(above(file));
        name(temporary, file);
        // Only now is it durable: the file was synced before it got its name.
        directories.sync(above(file));
        return true;
      } catch (FileAlreadyExistsException e) {
        return secure(key, file);
      } catch (NoSuchFileException e) {
        // A delete removed the directory that it had emptied: make it again.
        requirePresent.run();
        if (tried == LINK_TRIES) {
          throw e;
        }
      }
    }
  }

  private void name(Path temporary, Path file) throws IOException {
    if (hardLinks) {
      try {
        linker.link(file, temporary);
        return;
      } catch (UnsupportedOperationException e) {
        hardLinks = false;
      } catch (FileSystemException e) {
        if (!meansNoHardLinks(e)) {
          throw e;
        }
        hardLinks = false;
      }
      LOG.warn(
          "{} has no hard links: two processes that write the same object are not kept apart",
          settings.root());
    }
    rename(temporary, file);
  }

  /** link(2): EPERM where the file system has none; some network mounts say ENOTSUP, ENOSYS. */
  static boolean meansNoHardLinks(FileSystemException e) {
    String reason = String.valueOf(e.getReason());
    return reason.contains("Operation not permitted")
        || reason.contains("not supported")
        || reason.contains("not implemented");
  }

  private synchronized void rename(Path temporary, Path file) throws IOException {
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** What another put may just have linked and not yet synced is made durable before it counts. */
  private boolean secure(String key, Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new StoreException(
          Kind.REFUSED,
          file + " is not a plain file, expected to put the object " + key + " there",
          "No key may be the beginning of another.",
          null);
    }
    DurableDirectories.syncOne(file);
    directories.sync(above(file));
    return false;
  }

  private void removeLeftovers() {
    Instant old = Instant.now().minus(LEFTOVER_AFTER);
    try (DirectoryStream<Path> all = Files.newDirectoryStream(workshop)) {
      for (Path each : all) {
        if (Files.getLastModifiedTime(each).toInstant().isBefore(old)) {
          Files.deleteIfExists(each);
          LOG.info("removed {}, left over from a put that was cut off", each);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      LOG.debug("leftovers in {} stay where they are", workshop, e);
    }
  }
}
