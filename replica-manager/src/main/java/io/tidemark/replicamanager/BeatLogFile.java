package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link BeatLog} over restarts: a line for each span, {@code <from> <to>}. Without it the age of
 * a delayed standby would be unknown for as long as its delay after each restart of ours.
 */
final class BeatLogFile {
  private static final Logger LOG = LoggerFactory.getLogger(BeatLogFile.class);

  private final Path file;

  BeatLogFile(Path file) {
    this.file = file;
  }

  /** Empty where there is none, or it cannot be read: then ages are unknown for a while. */
  BeatLog read(Duration tolerated) {
    try {
      List<BeatLog.Span> spans = Files.readAllLines(file).stream().map(BeatLogFile::span).toList();
      return new BeatLog(spans, tolerated);
    } catch (NoSuchFileException e) {
      return BeatLog.empty(tolerated);
    } catch (IOException | DateTimeException e) {
      LOG.warn("{} cannot be read, so that heartbeats begin anew: {}", file, e.toString());
      return BeatLog.empty(tolerated);
    }
  }

  private static BeatLog.Span span(String line) {
    String[] parts = line.split(" ", 2);
    return new BeatLog.Span(Instant.parse(parts[0]), Instant.parse(parts[parts.length - 1]));
  }

  /**
   * Writes it anew.
   *
   * @throws TidemarkException LOCAL_IO
   */
  void write(BeatLog log) {
    String text =
        log.spans().stream()
            .map(span -> span.from() + " " + span.to() + "\n")
            .collect(Collectors.joining());
    try {
      DurableFiles.createDirectories(
          file.toAbsolutePath().resolveSibling(""), DurableFiles.PRIVATE_DIRECTORY);
      DurableFiles.write(file, text.getBytes(StandardCharsets.UTF_8), DurableFiles.PRIVATE);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "cannot write %s: %s; expected to note there when heartbeats were written"
              .formatted(file, e),
          "see that the state directory can be written to",
          e);
    }
  }
}
