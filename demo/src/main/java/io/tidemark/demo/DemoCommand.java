package io.tidemark.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.testing.PostgresBinaries;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The whole story on one machine, in temporary directories. */
@Command(
    name = "demo",
    description = {
      "Shows the whole story on this machine: a PostgreSQL with a live workload, its WAL archived"
          + " every second, a backup, a table dropped by accident, a restore to just before that,"
          + " and the proof that nothing else is missing.",
      "Needs nothing installed, uses free ports of 127.0.0.1 and one temporary folder, and leaves"
          + " nothing behind."
    },
    footer = {"%nExamples:", "  tidemark demo", "  tidemark demo --s3 --keep --major 16"})
final class DemoCommand implements Callable<Integer> {
  private static final int LONGEST_SECONDS = 3600;

  @Spec @Nullable CommandSpec spec;

  @Option(names = "--s3", description = "The repository on an S3 server, instead of in a folder.")
  boolean s3;

  @Option(
      names = "--keep",
      description = "Leave it all running to look at, until Enter or Ctrl-C; says where it is.")
  boolean keep;

  @Option(
      names = "--major",
      paramLabel = "N",
      description = "PostgreSQL's version, 15 to 18 (default: ${DEFAULT-VALUE}).")
  int major = PostgresBinaries.NEWEST;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "How long the workload runs before the accident (default: ${DEFAULT-VALUE}).")
  int seconds = 10;

  @Override
  public Integer call() {
    CommandSpec command = specification();
    require(command, PostgresBinaries.majors().contains(major), "--major", major, "15 to 18");
    require(
        command,
        seconds >= 1 && seconds <= LONGEST_SECONDS,
        "--seconds",
        seconds,
        "1 to " + LONGEST_SECONDS);
    PrintWriter out = command.commandLine().getOut();
    boolean json = isJson(command);
    Story story = json ? Story.untold() : Story.to(out);
    DemoReport report = new Demo(new DemoOptions(s3, keep, major, seconds), story).run();
    story.line("");
    story.line(
        "All of it is ended and removed.%s",
        keep ? "" : " To look around in it: ./tidemark demo --keep");
    if (json) {
      out.println(text(report));
      out.flush();
    }
    return 0;
  }

  private static void require(
      CommandSpec command, boolean holds, String option, int found, String expected) {
    if (!holds) {
      throw new ParameterException(
          command.commandLine(), "found %s %d; expected %s".formatted(option, found, expected));
    }
  }

  /** The option is the program's, and given to every command. */
  private static boolean isJson(CommandSpec command) {
    OptionSpec option = command.root().findOption("--json");
    return option != null && Boolean.TRUE.equals(option.getValue());
  }

  private CommandSpec specification() {
    CommandSpec found = spec;
    if (found == null) {
      throw new IllegalStateException("not parsed yet");
    }
    return found;
  }

  private static String text(DemoReport report) {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the report cannot be written: " + report, e);
    }
  }
}
