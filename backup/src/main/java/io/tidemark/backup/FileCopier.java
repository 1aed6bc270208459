package io.tidemark.backup;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
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

/** One thread's part in copying: its buffer, and the pack that it fills. */
final class FileCopier implements ParallelWork.Worker<CopyWorkers.Stretch> {
  private final CopyContext context;
  private final PackWriter packs;
  private final ByteBuffer piece = ByteBuffer.allocateDirect(Frame.MAX_RAW_BYTES);
  private final byte[] scratch = new byte[Frame.MAX_RAW_BYTES];

  FileCopier(CopyContext context) {
    this.context = context;
    this.packs = context.writer().packWriter();
  }

  /** Copies one stretch of a file; a file that vanished meanwhile is noted as such. */
  @Override
  public void work(CopyWorkers.Stretch stretch) {
    context.guard().run();
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
      context.bandwidth().take(wanted);
      int read = context.pages().read(file, channel, at, piece.clear().limit(wanted), scratch);
      if (read > 0) {
        frames.add(storedOrAdded(file.path(), at, piece.flip()));
        context.progress().copied(read);
      }
      if (read < wanted) {
        break; // the file was cut meanwhile
      }
    }
    return frames;
  }

  private Frame storedOrAdded(String path, long offset, ByteBuffer raw) {
    Optional<Frame> stored = context.writer().stored(path, offset, raw);
    stored.ifPresent(frame -> context.reusedBytes().addAndGet(frame.rawLength()));
    return stored.orElseGet(() -> packs.add(path, offset, raw));
  }
}
