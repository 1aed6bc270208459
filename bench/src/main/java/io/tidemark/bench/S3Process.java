package io.tidemark.bench;

import io.tidemark.testing.EmbeddedS3;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An S3 server in a process of its own, so that its work is not counted as a client's. */
final class S3Process implements AutoCloseable {
  private static final String BUCKET = "bench";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Shell shell;
  private final Process process;
  private final Access access;

  /** What a client must know. */
  record Access(String endpoint, String region, String key, String secret) {}

  private S3Process(Shell shell, Process process, Access access) {
    this.shell = shell;
    this.process = process;
    this.access = access;
  }

  /**
   * The server's process.
   *
   * @param args the directory of the objects, and the file that tells clients what they must know
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    try (EmbeddedS3 server = EmbeddedS3.start(Path.of(args[0]))) {
      server.bucket(BUCKET);
      Path draft = Path.of(args[1] + ".draft");
      Files.writeString(
          draft,
          String.join(
              "\n",
              server.endpoint().toString(),
              server.region(),
              server.accessKey(),
              server.secretKey()));
      Files.move(draft, Path.of(args[1]));
      new CountDownLatch(1).await();
    }
  }

  static S3Process start(Shell shell, Path objects) {
    Path told = objects.resolveSibling("shell").resolve("s3-access");
    shell.run(List.of("rm", "-rf", told.toString()));
    Process process =
        shell.start(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                S3Process.class.getName(),
                objects.toString(),
                told.toString()));
    return new S3Process(shell, process, await(shell, process, told));
  }

  /** The repository's lines of a configuration. */
  String repository(WorkDirectory work) {
    return ("{type: s3, bucket: %s, region: %s, endpoint: \"%s\", path-style: true,"
            + " access-key-id-file: %s, secret-access-key-file: %s,"
            + " compression: {algorithm: zstd, level: 3}}")
        .formatted(
            BUCKET,
            access.region(),
            access.endpoint(),
            work.write("s3-key", access.key()),
            work.write("s3-secret", access.secret()));
  }

  @Override
  public void close() {
    shell.end(process);
  }

  private static Access await(Shell shell, Process process, Path told) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try {
      while (!Files.exists(told)) {
        if (!process.isAlive() || System.nanoTime() - deadline > 0) {
          process.destroy();
          throw new IllegalStateException("the S3 server does not start:\n" + shell.tail());
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
      List<String> lines = Files.readAllLines(told);
      return new Access(lines.get(0), lines.get(1), lines.get(2), lines.get(3));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroy();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
