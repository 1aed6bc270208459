package io.tidemark.backup;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.BackupWriter;
import io.tidemark.repository.Frame;
import io.tidemark.repository.PackWriter;
import io.tidemark.repository.ParallelWork;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** One thread's part in copying: its buffer, and the pack that it fills. */
final class FileCopier implements ParallelWork.Worker<CopyWorkers.Stretch> {
  private final BackupWriter writer;
  private final PackWriter packs;
  private final PageReader pages;
  private final BackupProgress progress;
  private final AtomicLong reusedBytes;
  private final byte[] piece = new byte[Frame.MAX_RAW_BYTES];

  FileCopier(
      BackupWriter writer, PageReader pages, BackupProgress progress, AtomicLong reusedBytes) {
    this.writer = writer;
    this.packs = writer.packWriter();
    this.pages = pages;
    this.progress = progress;
    this.reusedBytes = reusedBytes;
  }

  /** Copies one stretch of a file; a file that vanished meanwhile is noted as such. */
  @Override
  public void work(CopyWorkers.Stretch stretch) {
    FileCopy copy = stretch.copy();
    long from = stretch.number() * FileCopy.STRETCH_BYTES;
    long to = Math.min(copy.file().size(), from + FileCopy.STRETCH_BYTES);
    try (FileChannel channel = FileChannel.open(copy.file().location(), StandardOpenOption.READ)) {
      copy.copied(stretch.number(), copyPieces(copy.file(), channel, from, to));
    } catch (NoSuchFileException e) {
      copy.vanished();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "cannot read " + copy.file().location() + ": " + e,
          "check the disk and the permissions, then run the backup again",
          e);
    }
  }

  /** Stores bytes that were read elsewhere, as a whole small file. */
  Frame store(String path, ByteBuffer raw) {
    return packs.add(path, 0, raw);
  }

  /** Puts what is collected. */
  @Override
  public void finish() {
    packs.flush();
  }

  @Override
  public void close() {
    packs.close();
  }

  private List<Frame> copyPieces(SourceFile file, FileChannel channel, long from, long to)
      throws IOException {
    List<Frame> frames = new ArrayList<>();
    for (long at = from; at < to; at += Frame.MAX_RAW_BYTES) {
      int wanted = (int) Math.min(Frame.MAX_RAW_BYTES, to - at);
      int read = pages.read(file, channel, at, piece, wanted);
      if (read > 0) {
        frames.add(storedOrAdded(file.path(), at, ByteBuffer.wrap(piece, 0, read)));
        progress.copied(read);
      }
      if (read < wanted) {
        break; // the file was cut meanwhile
      }
    }
    return frames;
  }

  private Frame storedOrAdded(String path, long offset, ByteBuffer raw) {
    Optional<Frame> stored = writer.stored(path, offset, raw);
    stored.ifPresent(frame -> reusedBytes.addAndGet(frame.rawLength()));
    return stored.orElseGet(() -> packs.add(path, offset, raw));
  }
}
