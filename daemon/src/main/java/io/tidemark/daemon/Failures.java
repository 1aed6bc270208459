package io.tidemark.daemon;

import io.tidemark.config.ConfigException;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Tells the operator of a failure, and gives its exit code. */
final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private final Invocation invocation;

  /** The one object that {@code --json} prints for a failure. */
  record Report(Failure error) {}

  /**
   * A failure.
   *
   * @param problems of the configuration file, one line each
   */
  record Failure(
      ErrorCode code, int exitCode, String message, String hint, List<String> problems) {}

  Failures(Invocation invocation) {
    this.invocation = invocation;
  }

  int failed(Exception e, ParseResult parsed) {
    return switch (e) {
      case ParameterException wrong -> usage(wrong, "");
      case TidemarkException known -> tell(known);
      case InterruptedException _ -> tell(interrupted());
      default -> unexpected(e, parsed);
    };
  }

  int usage(ParameterException e, String suggestion) {
    CommandLine line = e.getCommandLine();
    String help = "run: " + line.getCommandSpec().qualifiedName() + " --help";
    return tell(
        new TidemarkException(
            ErrorCode.USAGE,
            String.valueOf(e.getMessage()),
            suggestion.isEmpty() ? help : suggestion + " Or " + help));
  }

  private static TidemarkException interrupted() {
    return new TidemarkException(ErrorCode.INTERRUPTED, "interrupted; expected to finish", "");
  }

  private int unexpected(Exception e, ParseResult parsed) {
    LOG.debug("a defect in {}", parsed.originalArgs(), e);
    return tell(
        new TidemarkException(
            ErrorCode.INTERNAL,
            "a defect in Tidemark: " + e,
            "run it again with -v -v, which prints where, and report that",
            e));
  }

  private int tell(TidemarkException e) {
    if (invocation.json) {
      List<String> problems =
          e instanceof ConfigException config
              ? config.problems().stream().map(Object::toString).toList()
              : List.of();
      int exitCode = e.code().exitCode();
      Failure failure = new Failure(e.code(), exitCode, e.getMessage(), e.hint(), problems);
      invocation.out().println(Json.text(new Report(failure)));
    } else {
      invocation.err().println("tidemark: " + e.explain());
    }
    return e.code().exitCode();
  }
}
