package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.LogSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.store.StoreObserver;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** One run of the program: what every command can be told, and what every command works with. */
@Command(
    name = "tidemark",
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    description = {
      "Keeps PostgreSQL clusters recoverable: archives WAL within a second, takes base backups,"
          + " restores to a moment and proves that it got there; keeps standbys, and an analytics"
          + " database that is seconds old and has no personal data."
    },
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%nParameters:%n",
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Done.",
      "2:The command line is wrong.",
      "other:One for each kind of failure: the table in docs/OPERATIONS.md."
    })
final class Invocation implements Callable<Integer> {
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  private final PrintStream out;
  private final PrintStream err;
  private final PrintWriter outWriter;
  private final PrintWriter errWriter;
  private Duration endLimit = END_LIMIT;
  private boolean ownsLogging;

  @Spec @Nullable CommandSpec spec;

  @Option(
      names = "--config",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      defaultValue = "${env:TIDEMARK_CONFIG:-/etc/tidemark/tidemark.yaml}",
      description = "The configuration (default: $TIDEMARK_CONFIG, /etc/tidemark/tidemark.yaml).")
  Path config = Path.of("/etc/tidemark/tidemark.yaml");

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print one JSON object: sizes in bytes, times in UTC. Failures too.")
  boolean json;

  @Option(
      names = "--color",
      scope = ScopeType.INHERIT,
      paramLabel = "WHEN",
      description = "auto, always or never (default: auto: on a terminal without $NO_COLOR).")
  When color = When.AUTO;

  @Option(
      names = "--progress",
      scope = ScopeType.INHERIT,
      paramLabel = "WHEN",
      description = "auto, always or never: a progress bar on standard error (default: auto).")
  When progress = When.AUTO;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Log more on standard error; twice: everything, stack traces included.")
  boolean[] verbose = {};

  /** Whether to do something that suits a terminal. */
  enum When {
    AUTO,
    ALWAYS,
    NEVER
  }

  Invocation(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
    this.outWriter = writer(out);
    this.errWriter = writer(err);
  }

  /** Without a command there is nothing to do. */
  @Override
  public Integer call() {
    throw noCommand(commandSpec());
  }

  /** For a command that does nothing without one of its subcommands. */
  static ParameterException noCommand(CommandSpec spec) {
    return new ParameterException(
        spec.commandLine(),
        "found no command; expected one of "
            + spec.subcommands().entrySet().stream()
                .filter(command -> !command.getValue().getCommandSpec().usageMessage().hidden())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", ")));
  }

  /** Reads the configuration; all of its problems in one error. */
  Configuration configuration() {
    applyVerbosity();
    return Configuration.load(config);
  }

  /** What commands are wired with. The caller closes it. */
  Wiring wiring(Configuration configuration) {
    return new Wiring(configuration, _ -> StoreObserver.none());
  }

  /** The named cluster, or all. */
  static List<ClusterSettings> clusters(Configuration configuration, Optional<String> name) {
    return name.map(one -> List.of(configuration.cluster(one)))
        .orElseGet(() -> List.copyOf(configuration.clusters().values()));
  }

  Output output() {
    return new Output(out, err, json, isColorWanted(), isWanted(progress, 2));
  }

  /** For what cannot be taken back. */
  Confirmation confirmation() {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
    return new Confirmation(in, err, isTerminal(0));
  }

  /** How the shell can start this program again, for what PostgreSQL calls. */
  static Path launcher() {
    String launcher = System.getProperty("tidemark.launcher", "");
    if (launcher.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.SOFTWARE_MISSING,
          "this Java was not started by the program tidemark, which PostgreSQL is to call for WAL",
          "start it as tidemark, or name that program with -Dtidemark.launcher=FILE");
    }
    return Path.of(launcher).toAbsolutePath();
  }

  /** How long a command may take to end after a signal. */
  Duration endLimit() {
    return endLimit;
  }

  void endWithin(Duration limit) {
    endLimit = limit;
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  PrintWriter outWriter() {
    return outWriter;
  }

  PrintWriter errWriter() {
    return errWriter;
  }

  CommandSpec commandSpec() {
    CommandSpec found = spec;
    if (found == null) {
      throw new IllegalStateException("not parsed yet");
    }
    return found;
  }

  private boolean isColorWanted() {
    boolean refused = color == When.AUTO && System.getenv("NO_COLOR") != null;
    return !refused && isWanted(color, 1);
  }

  private static boolean isWanted(When when, int descriptor) {
    return switch (when) {
      case ALWAYS -> true;
      case NEVER -> false;
      case AUTO -> isTerminal(descriptor);
    };
  }

  /** The JDK tells only whether input and output both are one. */
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /** From now on this run decides what is logged in this process. */
  void ownLogging() {
    ownsLogging = true;
  }

  /** Sends the log elsewhere, unless somebody around this run has set it up. */
  void logTo(LogSettings.Format format, LogSettings.Level level, PrintStream to) {
    if (ownsLogging) {
      Logs.configure(format, level, to);
    }
  }

  private void applyVerbosity() {
    if (ownsLogging && verbose.length > 0) {
      Logs.setLevel(verbose.length > 1 ? LogSettings.Level.DEBUG : LogSettings.Level.INFO);
    }
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }
}
