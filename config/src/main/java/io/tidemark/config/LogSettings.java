package io.tidemark.config;

/** What the daemon's log looks like, one line per event on standard error. */
public record LogSettings(Format format, Level level) {

  /** How a line is written. */
  public enum Format {
    TEXT,
    JSON
  }

  /** The least that is logged. */
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  static LogSettings read(Section section) {
    return section
        .build(
            () ->
                new LogSettings(
                    section.get("format", Kind.choice(Format.class), "text"),
                    section.get("level", Kind.choice(Level.class), "info")))
        .orElseThrow();
  }
}
