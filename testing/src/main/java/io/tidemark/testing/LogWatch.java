package io.tidemark.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.slf4j.LoggerFactory;

/**
 * Fails a test that makes Tidemark log a WARN or ERROR line which it did not announce, by {@link
 * ExpectLog} or by {@link #expect} and {@link #allow}; and one whose announced line did not come.
 * For tests that run one at a time in a JVM.
 *
 * <pre>{@code
 * @RegisterExtension final LogWatch log = new LogWatch();
 * }</pre>
 */
public final class LogWatch implements BeforeEachCallback, AfterEachCallback {
  private record Announced(Pattern pattern, boolean mandatory) {}

  private final List<Announced> announced = new CopyOnWriteArrayList<>();
  private final Recorder recorder = new Recorder();

  /** Such a WARN or ERROR line has come when the test ends: it fails if not. */
  public void expect(String regex) {
    announced.add(new Announced(Pattern.compile(regex), true));
  }

  /** Such a WARN or ERROR line may come. */
  public void allow(String regex) {
    announced.add(new Announced(Pattern.compile(regex), false));
  }

  /** Tidemark's lines of every level since the test began: {@code WARN logger message}. */
  public List<String> lines() {
    return recorder.events.stream().map(LogWatch::line).toList();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    announced.clear();
    recorder.events.clear();
    Stream.of(context.getTestClass(), context.getTestMethod())
        .flatMap(
            element ->
                AnnotationSupport.findRepeatableAnnotations(element, ExpectLog.class).stream())
        .forEach(
            expected ->
                announced.add(
                    new Announced(Pattern.compile(expected.value()), expected.mandatory())));
    recorder.setContext(tidemark().getLoggerContext());
    recorder.start();
    tidemark().addAppender(recorder);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    tidemark().detachAppender(recorder);
    recorder.stop();
    List<String> wrong = new ArrayList<>(unexpected());
    announced.stream()
        .filter(line -> line.mandatory() && alarms().noneMatch(event -> matches(line, event)))
        .forEach(line -> wrong.add("expected but not logged: " + line.pattern()));
    if (!wrong.isEmpty()) {
      throw new AssertionError(String.join(System.lineSeparator(), wrong));
    }
  }

  private List<String> unexpected() {
    return alarms()
        .filter(event -> announced.stream().noneMatch(line -> matches(line, event)))
        .map(event -> "not expected in the log: " + line(event))
        .toList();
  }

  private Stream<ILoggingEvent> alarms() {
    return recorder.events.stream().filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN));
  }

  private static boolean matches(Announced line, ILoggingEvent event) {
    return line.pattern().matcher(event.getFormattedMessage()).find();
  }

  private static String line(ILoggingEvent event) {
    return event.getLevel() + " " + event.getLoggerName() + " " + event.getFormattedMessage();
  }

  private static Logger tidemark() {
    return (Logger) LoggerFactory.getLogger("io.tidemark");
  }

  private static final class Recorder extends AppenderBase<ILoggingEvent> {
    final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

    @Override
    protected void append(ILoggingEvent event) {
      events.add(event);
    }
  }
}
