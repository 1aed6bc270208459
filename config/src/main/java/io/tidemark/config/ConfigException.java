package io.tidemark.config;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The configuration file has problems: all of them, in the order of the file. */
public final class ConfigException extends TidemarkException {
  private static final long serialVersionUID = 1L;
  private static final int LISTED = 100;

  private final transient List<Problem> problems;

  ConfigException(Path file, List<Problem> problems, String hint) {
    super(ErrorCode.CONFIG_INVALID, message(file, problems), hint);
    this.problems = List.copyOf(problems);
  }

  /** At least one. */
  public List<Problem> problems() {
    return problems;
  }

  private static String message(Path file, List<Problem> problems) {
    String count = problems.size() == 1 ? "1 problem" : problems.size() + " problems";
    String more = problems.size() > LISTED ? "\n  and " + (problems.size() - LISTED) + " more" : "";
    return problems.stream()
        .limit(LISTED)
        .map(problem -> "\n  " + problem)
        .collect(
            Collectors.joining("", "found " + count + " in " + file + ", expected none:", more));
  }
}
