package io.tidemark.daemon;

/**
 * A command that a module above this one brings along, found by {@link java.util.ServiceLoader}.
 */
public interface CommandExtension {
  /** A new object that is annotated as a picocli command. */
  Object command();
}
