package io.tidemark.demo;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The daemon, another process. */
final class DaemonProcess implements AutoCloseable {
  private static final long END_SECONDS = 5;

  private final Process process;
  private final Path log;

  private final int httpPort;

  DaemonProcess(Process process, Path log, int httpPort) {
    this.process = process;
    this.log = log;
    this.httpPort = httpPort;
  }

  Path log() {
    return log;
  }

  /** Where it serves its metrics, on 127.0.0.1. */
  int httpPort() {
    return httpPort;
  }

  long pid() {
    return process.pid();
  }

  boolean isRunning() {
    return process.isAlive();
  }

  /** Throws with the end of its log where it has ended by itself. */
  void requireRunning() {
    if (!isRunning()) {
      throw new TidemarkException(
          ErrorCode.INTERNAL,
          "the daemon ended with exit code %d; its log says:%n%s"
              .formatted(process.exitValue(), Program.tail(log)),
          "");
    }
  }

  /** Asks it to end, and kills it where it does not. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(END_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
