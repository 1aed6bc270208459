package io.tidemark.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.slf4j.LoggerFactory;

/** Runs tests within a test: what JUnit makes of {@link LogWatch} and of the conditions. */
final class ExtensionsTest {
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          logsNothing,         ok
          warns,               not expected in the log: WARN io.tidemark.example disk is 95 % full
          warnsAsAnnounced,    ok
          warnsAsAllowed,      ok
          announcesInVain,     expected but not logged: disk is
          needsWhatIsHere,     ok
          needsWhatIsNotHere,  skipped: needsWhatIsNotHere() needs what is not installed: [no-such-tool]
          """)
  void judges(String method, String verdict) {
    assertThat(run(method)).containsExactly(verdict);
  }

  @Test
  void saysWhetherDockerIsThereWithoutAnException() {
    String expected =
        Docker.isAvailable() ? "ok" : "skipped: needsDocker() needs Docker, and no engine answers";
    assertThat(run("needsDocker")).containsExactly(expected);
  }

  private static List<String> run(String method) {
    List<String> verdicts = new ArrayList<>();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(Example.class, method))
                .build(),
            new TestExecutionListener() {
              @Override
              public void executionSkipped(TestIdentifier test, String reason) {
                verdicts.add("skipped: " + reason);
              }

              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  verdicts.add(result.getThrowable().map(Throwable::getMessage).orElse("ok"));
                }
              }
            });
    return verdicts;
  }

  /** Not found by the build, since its name is not that of a test. */
  static final class Example {
    @RegisterExtension final LogWatch log = new LogWatch();

    @Test
    void logsNothing() {
      LoggerFactory.getLogger("io.tidemark.example").info("ready");
      assertThat(log.lines()).containsExactly("INFO io.tidemark.example ready");
    }

    @Test
    void warns() {
      warn();
    }

    @Test
    @ExpectLog("disk is \\d+ % full")
    void warnsAsAnnounced() {
      warn();
    }

    @Test
    @ExpectLog(value = "never comes", mandatory = false)
    void warnsAsAllowed() {
      log.allow("disk is");
      warn();
    }

    @Test
    void announcesInVain() {
      log.expect("disk is");
    }

    @Test
    @NeedsTool({"sh", "ls"})
    void needsWhatIsHere() {}

    @Test
    @NeedsTool({"sh", "no-such-tool"})
    void needsWhatIsNotHere() {}

    @Test
    @NeedsDocker
    void needsDocker() {}

    private static void warn() {
      LoggerFactory.getLogger("io.tidemark.example").warn("disk is {} % full", 95);
    }
  }
}
