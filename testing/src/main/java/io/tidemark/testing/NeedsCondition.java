package io.tidemark.testing;

import static org.junit.jupiter.api.extension.ConditionEvaluationResult.disabled;
import static org.junit.jupiter.api.extension.ConditionEvaluationResult.enabled;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Decides for {@link NeedsDocker} and {@link NeedsTool}. */
final class NeedsCondition implements ExecutionCondition {
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (AnnotationSupport.isAnnotated(context.getElement(), NeedsDocker.class)
        && !Docker.isAvailable()) {
      return disabled(context.getDisplayName() + " needs Docker, and no engine answers");
    }
    List<String> missing =
        AnnotationSupport.findAnnotation(context.getElement(), NeedsTool.class).stream()
            .flatMap(needs -> Arrays.stream(needs.value()))
            .filter(tool -> find(tool).isEmpty())
            .toList();
    return missing.isEmpty()
        ? enabled("everything that it needs is here")
        : disabled(context.getDisplayName() + " needs what is not installed: " + missing);
  }

  /** Where a program is: among the installed PostgreSQL's first, then on PATH. */
  static Optional<Path> find(String tool) {
    Optional<Path> installed =
        PostgresBinaries.debian()
            .filter(binaries -> binaries.has(tool))
            .map(binaries -> binaries.program(tool));
    return installed.or(() -> onPath(tool));
  }

  private static Optional<Path> onPath(String tool) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Arrays.stream(path.split(File.pathSeparator, -1))
        .map(directory -> Path.of(directory, tool))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
