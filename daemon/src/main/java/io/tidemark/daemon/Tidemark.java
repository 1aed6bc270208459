package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.LogSettings;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program: reads the command line, runs one command, and ends with its exit code. */
public final class Tidemark {
  private Tidemark() {}

  /** What the launcher starts. */
  public static void main(String[] args) {
    Logs.configure(LogSettings.Format.TEXT, LogSettings.Level.WARN, System.err);
    Invocation invocation = new Invocation(System.out, System.err);
    invocation.ownLogging();
    CountDownLatch ended = new CountDownLatch(1);
    endOnSignal(invocation, Thread.currentThread(), ended);
    int exitCode = ErrorCode.INTERNAL.exitCode();
    try {
      exitCode = commandLine(invocation).execute(args);
    } finally {
      ended.countDown();
    }
    System.exit(exitCode);
  }

  /**
   * Runs one command line in this process, for tests and for programs around it.
   *
   * @return the exit code of {@link ErrorCode}'s table, 0 for success
   */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    return commandLine(new Invocation(out, err)).execute(args);
  }

  static CommandLine commandLine(Invocation invocation) {
    CommandLine line = new CommandLine(invocation);
    Commands.addTo(line, invocation);
    Failures failures = new Failures(invocation);
    return line.setExecutionExceptionHandler((e, _, parsed) -> failures.failed(e, parsed))
        .setParameterExceptionHandler((e, _) -> failures.usage(e, suggestions(e)))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setAbbreviatedOptionsAllowed(false)
        .setOut(invocation.outWriter())
        .setErr(invocation.errWriter());
  }

  private static String suggestions(CommandLine.ParameterException e) {
    return e instanceof UnmatchedArgumentException unmatched
            && !unmatched.getSuggestions().isEmpty()
        ? "did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?"
        : "";
  }

  /** A signal interrupts the command, which then releases its leases and closes what is open. */
  private static void endOnSignal(Invocation invocation, Thread command, CountDownLatch ended) {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("end")
                .unstarted(
                    () -> {
                      if (ended.getCount() > 0) {
                        command.interrupt();
                        await(ended, invocation.endLimit().toMillis());
                      }
                    }));
  }

  private static void await(CountDownLatch ended, long millis) {
    try {
      if (!ended.await(millis, TimeUnit.MILLISECONDS)) {
        System.err.println("tidemark: ended before its work was put in order");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
