package io.tidemark.postgres;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads a data directory's pg_control. A running server overwrites it in place, so that a read can
 * catch it torn; its CRC says so, and it is read again (as {@code get_controlfile} does).
 */
public final class ControlFileReader {
  private static final int TRIES = 10;

  private ControlFileReader() {}

  /** Reads and decodes it; fails as {@link #readBytes} does. */
  public static ControlFile read(Path dataDirectory) {
    return ControlFile.decode(readBytes(dataDirectory));
  }

  /**
   * Reads its bytes, whose CRC is right.
   *
   * @throws TidemarkException LOCAL_IO where it cannot be read, POSTGRES_DATA_INVALID where it
   *     stays damaged
   */
  public static byte[] readBytes(Path dataDirectory) {
    Path file = dataDirectory.resolve(ControlFile.PATH);
    for (int i = 1; ; i++) {
      try {
        byte[] bytes = Files.readAllBytes(file);
        ControlFile.decode(bytes);
        return bytes;
      } catch (IOException e) {
        throw new TidemarkException(
            ErrorCode.LOCAL_IO,
            "cannot read " + file + ": " + e,
            dataDirectory + " must be a PostgreSQL data directory that this user can read",
            e);
      } catch (TidemarkException e) {
        if (i == TRIES) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
    }
  }
}
