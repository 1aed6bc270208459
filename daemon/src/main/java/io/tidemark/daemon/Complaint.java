package io.tidemark.daemon;

import io.tidemark.config.TidemarkException;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/** Logs a lasting trouble once when it begins or changes, and once when it is over. */
final class Complaint {
  private final Logger log;
  private final String what;
  private final AtomicReference<String> last = new AtomicReference<>("");

  /**
   * @param what begins every line: {@code main: the repository}
   */
  Complaint(Logger log, String what) {
    this.log = log;
    this.what = what;
  }

  /** It fails: ERROR where somebody must look, WARN where it may pass by itself. */
  void fails(TidemarkException e) {
    if (!e.code().name().equals(last.getAndSet(e.code().name()))) {
      Level level =
          switch (e.code()) {
            case POSTGRES_UNREACHABLE, STORE_UNREACHABLE, TIMED_OUT -> Level.WARN;
            default -> Level.ERROR;
          };
      log.atLevel(level).log("{}: {}", what, e.explain());
    }
  }

  void works() {
    if (!last.getAndSet("").isEmpty()) {
      log.info("{} works again", what);
    }
  }
}
