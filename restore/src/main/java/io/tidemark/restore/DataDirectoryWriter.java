package io.tidemark.restore;

import io.tidemark.repository.BackupFile;
import io.tidemark.repository.Frame;
import io.tidemark.repository.PackReader;
import io.tidemark.repository.ParallelWork;
import io.tidemark.restore.PackTasks.Piece;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Writes a backup's files into directories that are there: every piece that is not right in place
 * already, in parallel by pack. Each file is fsynced behind the writers' backs as soon as it is
 * whole.
 */
final class DataDirectoryWriter {
  private final PackReader packs;
  private final PathResolver paths;
  private final int parallel;
  private final FsyncBehind.Fsync fsync;
  private final RestoreProgress progress;

  DataDirectoryWriter(
      PackReader packs,
      PathResolver paths,
      int parallel,
      FsyncBehind.Fsync fsync,
      RestoreProgress progress) {
    this.packs = packs;
    this.paths = paths;
    this.parallel = parallel;
    this.fsync = fsync;
    this.progress = progress;
  }

  /**
   * Writes {@code files}, all durable when it returns.
   *
   * @param delta whether to keep pieces that are right already
   * @return the bytes that were kept
   */
  long write(List<BackupFile> files, boolean delta) {
    Queue<Piece> missing = new ConcurrentLinkedQueue<>();
    AtomicLong reusedBytes = new AtomicLong();
    try (FsyncBehind durable = new FsyncBehind(fsync)) {
      progress.step(delta ? "comparing files" : "creating files");
      ParallelWork.run(
          "restore-prepare",
          parallel,
          files,
          () -> new FilePreparer(paths, delta, missing, durable, reusedBytes, progress));
      progress.step("writing files");
      ParallelWork.run(
          "restore-write",
          parallel,
          PackTasks.of(List.copyOf(missing)),
          () -> new Pieces(packs, durable, progress));
      progress.step("fsyncing files");
      durable.await();
    }
    return reusedBytes.get();
  }

  /** Writes the pieces of one pack after the other. */
  private record Pieces(PackReader packs, FsyncBehind durable, RestoreProgress progress)
      implements ParallelWork.Worker<PackTasks.Task> {
    @Override
    public void work(PackTasks.Task task) {
      // The reader hands frames over in the same order: that of the pack.
      Iterator<Piece> pieces = task.pieces().iterator();
      try (OpenFile open = new OpenFile()) {
        packs.read(
            task.pack(),
            task.pieces().stream().map(Piece::frame).toList(),
            (frame, raw) -> write(pieces.next(), frame, raw, open));
      }
    }

    private void write(Piece piece, Frame frame, ByteBuffer raw, OpenFile open) {
      if (!piece.frame().equals(frame)) {
        throw new IllegalStateException("expected " + piece.frame() + ", not " + frame);
      }
      UnfinishedFile file = piece.file();
      open.write(file.path(), frame.fileOffset(), raw);
      if (file.wrote(frame.rawLength())) {
        durable.add(file.path());
      }
      progress.restored(frame.rawLength());
    }
  }

  /** The file that was written last stays open: neighbours in a pack are mostly of one file. */
  private static final class OpenFile implements AutoCloseable {
    private @Nullable Path path;
    private @Nullable FileChannel channel;

    void write(Path file, long offset, ByteBuffer raw) {
      try {
        FileChannel to = open(file);
        long at = offset;
        while (raw.hasRemaining()) {
          at += to.write(raw, at);
        }
      } catch (IOException e) {
        throw TargetDirectory.cannot("write", file, e);
      }
    }

    private FileChannel open(Path file) throws IOException {
      FileChannel current = channel;
      if (current != null && file.equals(path)) {
        return current;
      }
      close();
      FileChannel opened =
          FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      channel = opened;
      path = file;
      return opened;
    }

    @Override
    public void close() {
      FileChannel current = channel;
      Path file = path;
      channel = null;
      try {
        if (current != null) {
          current.close();
        }
      } catch (IOException e) {
        throw TargetDirectory.cannot("close", Objects.requireNonNull(file), e);
      }
    }
  }
}
