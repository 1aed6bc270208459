package io.tidemark.restore;

import io.tidemark.repository.BackupFile;
import io.tidemark.repository.Checksums;
import io.tidemark.repository.Frame;
import io.tidemark.repository.ParallelWork;
import io.tidemark.restore.PackTasks.Piece;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes a file ready to take its pieces, and says which it needs: all of a new file, or, of one
 * that is there, those whose bytes differ. Zeros are written here, and a file that needs nothing
 * else is fsynced.
 */
final class FilePreparer implements ParallelWork.Worker<BackupFile> {
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(Frame.MAX_RAW_BYTES);

  private final PathResolver paths;
  private final boolean delta;
  private final Queue<Piece> missing;
  private final FsyncBehind durable;
  private final AtomicLong reusedBytes;
  private final RestoreProgress progress;
  private final ByteBuffer present = ByteBuffer.allocateDirect(Frame.MAX_RAW_BYTES);

  /**
   * @param delta whether a file that is there may be kept
   * @param missing gets what is to be written
   * @param durable gets the files that are whole
   * @param reusedBytes counts what is right already
   */
  FilePreparer(
      PathResolver paths,
      boolean delta,
      Queue<Piece> missing,
      FsyncBehind durable,
      AtomicLong reusedBytes,
      RestoreProgress progress) {
    this.paths = paths;
    this.delta = delta;
    this.missing = missing;
    this.durable = durable;
    this.reusedBytes = reusedBytes;
    this.progress = progress;
  }

  @Override
  public void work(BackupFile file) {
    Path path = paths.resolve(file.path());
    try {
      boolean reuse = delta && isOurs(path);
      if (!reuse) {
        Files.deleteIfExists(path);
      }
      try (FileChannel channel =
          FileChannel.open(
              path,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS)) {
        paths.own(path, file.mode());
        need(path, prepare(file, channel, reuse));
      }
    } catch (IOException e) {
      throw TargetDirectory.cannot("create", path, e);
    }
  }

  /**
   * A link could lead anywhere, and a file with two names (pg_upgrade --link) is another's, too.
   */
  private static boolean isOurs(Path path) throws IOException {
    return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
        && Integer.valueOf(1)
            .equals(Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS));
  }

  private void need(Path path, List<Frame> frames) {
    if (frames.isEmpty()) {
      durable.add(path);
    } else {
      UnfinishedFile unfinished = new UnfinishedFile(path, frames.size());
      frames.forEach(frame -> missing.add(new Piece(unfinished, frame)));
    }
  }

  /** Returns what is to be written. */
  private List<Frame> prepare(BackupFile file, FileChannel channel, boolean reuse)
      throws IOException {
    List<Frame> needed = new ArrayList<>();
    if (channel.size() > file.size()) {
      channel.truncate(file.size());
    }
    for (Frame frame : file.frames()) {
      if (reuse && isPresent(frame, channel)) {
        reusedBytes.addAndGet(frame.rawLength());
        progress.restored(frame.rawLength());
      } else if (frame.isZeros()) {
        writeZeros(frame, channel);
        progress.restored(frame.rawLength());
      } else {
        needed.add(frame);
      }
    }
    return needed;
  }

  private boolean isPresent(Frame frame, FileChannel channel) throws IOException {
    if (channel.size() < frame.fileOffset() + frame.rawLength()) {
      return false;
    }
    present.clear().limit(frame.rawLength());
    while (present.hasRemaining()) {
      if (channel.read(present, frame.fileOffset() + present.position()) < 0) {
        return false;
      }
    }
    present.flip();
    return Checksums.crc32c(present) == frame.crc32c() && Checksums.xxh64(present) == frame.xxh64();
  }

  private static void writeZeros(Frame frame, FileChannel channel) throws IOException {
    ByteBuffer zeros = ZEROS.duplicate().limit(frame.rawLength());
    while (zeros.hasRemaining()) {
      channel.write(zeros, frame.fileOffset() + zeros.position());
    }
  }
}
