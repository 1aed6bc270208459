package io.tidemark.daemon;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import io.tidemark.config.LogSettings;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** An event as one line of text or of JSON, whatever is in its message. */
final class LogLayout extends LayoutBase<ILoggingEvent> {
  private final LogSettings.Format format;

  LogLayout(LogSettings.Format format) {
    this.format = format;
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    return switch (format) {
          case TEXT -> text(event);
          case JSON -> json(event);
        }
        + "\n";
  }

  private static String text(ILoggingEvent event) {
    String line =
        event.getInstant().truncatedTo(ChronoUnit.MILLIS)
            + " "
            + event.getLevel()
            + " "
            + shortName(event)
            + ": "
            + event.getFormattedMessage();
    IThrowableProxy thrown = event.getThrowableProxy();
    return oneLine(thrown == null ? line : line + "\n" + ThrowableProxyUtil.asString(thrown));
  }

  private static String json(ILoggingEvent event) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("at", event.getInstant());
    fields.put("level", event.getLevel().toString());
    fields.put("logger", shortName(event));
    fields.put("thread", event.getThreadName());
    fields.put("message", event.getFormattedMessage());
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      fields.put("thrown", ThrowableProxyUtil.asString(thrown));
    }
    return Json.line(fields);
  }

  private static String shortName(ILoggingEvent event) {
    String name = event.getLoggerName();
    return name.startsWith("io.tidemark.") ? name.substring("io.tidemark.".length()) : name;
  }

  /** Nothing that somebody else wrote may look like an event of ours. */
  private static String oneLine(String text) {
    return text.strip().replace("\r", "").replace("\n", " | ").replace('\u001b', '?');
  }
}
