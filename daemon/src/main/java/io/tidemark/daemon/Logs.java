package io.tidemark.daemon;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import io.tidemark.config.LogSettings;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;

/** Sets logging up: one line per event. */
final class Logs {
  private Logs() {}

  /** From now on events of that level and above go to {@code to}, and nowhere else. */
  static void configure(LogSettings.Format format, LogSettings.Level level, PrintStream to) {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      throw new IllegalStateException("another logging backend is on the class path");
    }
    context.reset();
    LogLayout layout = new LogLayout(format);
    layout.setContext(context);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
    appender.setContext(context);
    appender.setName("out");
    appender.setEncoder(encoder);
    appender.setOutputStream(new StaysOpen(to));
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    // Libraries say at INFO and DEBUG what no operator of ours can act upon.
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    setLevel(level);
  }

  /** Changes how much of Tidemark's own events is logged. */
  static void setLevel(LogSettings.Level level) {
    if (LoggerFactory.getLogger("io.tidemark") instanceof Logger logger) {
      logger.setLevel(Level.toLevel(level.name()));
    }
  }

  /** Logging that is set up anew closes what it wrote to before, which is still needed. */
  private static final class StaysOpen extends FilterOutputStream {
    StaysOpen(PrintStream to) {
      super(to);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
