package io.tidemark.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import java.util.UUID;

/**
 * A file being written under a temporary name in its final directory ({@link #temporaryName}). It
 * gets its name by {@link #commit} or its variants; closing it without one removes it. Not for
 * several threads.
 */
public final class PendingFile implements AutoCloseable {
  private static final String SUFFIX = ".tidemark-tmp";

  private final Path file;
  private final Path temporary;
  private final FileChannel channel;

  private PendingFile(Path file, Path temporary, FileChannel channel) {
    this.file = file;
    this.temporary = temporary;
    this.channel = channel;
  }

  static PendingFile create(Path file, Set<PosixFilePermission> mode) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path temporary = absolute.resolveSibling(temporaryName());
    FileChannel channel =
        FileChannel.open(
            temporary,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(mode));
    try {
      // The process's umask may have taken bits away.
      Files.setPosixFilePermissions(temporary, mode);
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(temporary);
      throw e;
    }
    return new PendingFile(absolute, temporary, channel);
  }

  /** Whether {@code name} is that of a file which a crash left behind; it may be deleted. */
  public static boolean isTemporaryName(String name) {
    return name.startsWith(".") && name.endsWith(SUFFIX);
  }

  private static String temporaryName() {
    return "." + UUID.randomUUID() + SUFFIX;
  }

  /** Where the content goes; do not close it. */
  public FileChannel channel() {
    return channel;
  }

  /** Gives the file to somebody else before it appears under its name. */
  public void setOwner(UserPrincipal owner) throws IOException {
    Files.setOwner(temporary, owner);
  }

  /** Appends all that remains in {@code content}. */
  public void write(ByteBuffer content) throws IOException {
    while (content.hasRemaining()) {
      channel.write(content);
    }
  }

  /** Makes it durable under its name; a file of that name is replaced. */
  public void commit() throws IOException {
    commitContent();
    DurableFiles.fsync(DurableFiles.parentOf(file));
  }

  /**
   * Gives it its name once its content is durable; a file of that name is replaced. After a power
   * failure the name may be missing, but it never stands for less than the content.
   */
  public void commitContent() throws IOException {
    finishContent();
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Makes it durable under its name unless a file of that name exists; says whether it did. A file
   * that exists is durable too when this returns.
   */
  public boolean commitNew() throws IOException {
    finishContent();
    boolean created = link();
    Files.delete(temporary);
    DurableFiles.fsync(DurableFiles.parentOf(file));
    return created;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(temporary);
  }

  private void finishContent() throws IOException {
    channel.force(true);
    channel.close();
  }

  /**
   * A rename would replace what is there; a hard link fails, in one step, between any two writers.
   */
  private boolean link() throws IOException {
    try {
      Files.createLink(file, temporary);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }
}
