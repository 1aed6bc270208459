package io.tidemark.restore;

import io.tidemark.postgres.DurableFiles;
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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes a backup's files into directories that are there: every piece that is not right in place
 * already, in parallel by pack, then fsyncs each.
 */
final class DataDirectoryWriter {
  private final PackReader packs;
  private final PathResolver paths;
  private final int parallel;
  private final RestoreProgress progress;

  DataDirectoryWriter(
      PackReader packs, PathResolver paths, int parallel, RestoreProgress progress) {
    this.packs = packs;
    this.paths = paths;
    this.parallel = parallel;
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
    progress.step(delta ? "comparing files" : "creating files");
    ParallelWork.run(
        "restore-prepare",
        parallel,
        files,
        () -> new FilePreparer(paths, delta, missing, reusedBytes, progress));
    progress.step("writing files");
    ParallelWork.run("restore-write", parallel, PackTasks.of(List.copyOf(missing)), Pieces::new);
    progress.step("fsyncing files");
    ParallelWork.run("restore-fsync", Math.max(4, parallel), files, Fsync::new);
    return reusedBytes.get();
  }

  /** Writes the pieces of one pack after the other. */
  private final class Pieces implements ParallelWork.Worker<PackTasks.Task> {
    @Override
    public void work(PackTasks.Task task) {
      Map<Frame, String> files =
          task.pieces().stream()
              .collect(Collectors.toMap(Piece::frame, piece -> piece.file().path()));
      try (OpenFile open = new OpenFile(paths::resolve)) {
        packs.read(
            task.pack(),
            task.pieces().stream().map(Piece::frame).toList(),
            (frame, raw) -> {
              open.write(Objects.requireNonNull(files.get(frame)), frame.fileOffset(), raw);
              progress.restored(frame.rawLength());
            });
      }
    }
  }

  /** The file that was written last stays open: neighbours in a pack are mostly of one file. */
  private static final class OpenFile implements AutoCloseable {
    private final Function<String, Path> resolve;
    private String path = "";
    private @Nullable FileChannel channel;

    OpenFile(Function<String, Path> resolve) {
      this.resolve = resolve;
    }

    void write(String file, long offset, ByteBuffer raw) {
      try {
        FileChannel to = open(file);
        long at = offset;
        while (raw.hasRemaining()) {
          at += to.write(raw, at);
        }
      } catch (IOException e) {
        throw TargetDirectory.cannot("write", resolve.apply(file), e);
      }
    }

    private FileChannel open(String file) throws IOException {
      FileChannel current = channel;
      if (current != null && path.equals(file)) {
        return current;
      }
      close();
      FileChannel opened =
          FileChannel.open(
              resolve.apply(file), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      channel = opened;
      path = file;
      return opened;
    }

    @Override
    public void close() {
      FileChannel current = channel;
      channel = null;
      try {
        if (current != null) {
          current.close();
        }
      } catch (IOException e) {
        throw TargetDirectory.cannot("close", resolve.apply(path), e);
      }
    }
  }

  private final class Fsync implements ParallelWork.Worker<BackupFile> {
    @Override
    public void work(BackupFile file) {
      Path path = paths.resolve(file.path());
      try {
        DurableFiles.fsync(path);
      } catch (IOException e) {
        throw TargetDirectory.cannot("fsync", path, e);
      }
    }
  }
}
