package io.tidemark.daemon;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** Which Tidemark this is. */
final class Version implements IVersionProvider {
  /** As in the jar's manifest; {@code development} where it runs from classes. */
  static String text() {
    return Optional.ofNullable(Tidemark.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  @Override
  public String[] getVersion() {
    return new String[] {"tidemark " + text(), "Java " + Runtime.version()};
  }
}
