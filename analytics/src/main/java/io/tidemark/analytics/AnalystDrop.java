package io.tidemark.analytics;

import java.util.Optional;

/**
 * How far a drop of an analyst may go. By default it takes only a role that owns nothing but an
 * empty schema and has no session.
 *
 * @param reassignTo the analyst who gets everything that the role owns in this database
 * @param withObjects whether what the role owns in its own schema is dropped with it
 * @param endSessions whether its sessions are ended; logins are locked before, and stay so where
 *     the drop then fails
 */
public record AnalystDrop(Optional<String> reassignTo, boolean withObjects, boolean endSessions) {
  public AnalystDrop {
    if (reassignTo.isPresent() && withObjects) {
      throw new IllegalArgumentException("objects are either given to somebody or dropped");
    }
  }

  /** Nothing is lost. */
  public static AnalystDrop careful() {
    return new AnalystDrop(Optional.empty(), false, false);
  }

  public AnalystDrop reassigningTo(String other) {
    return new AnalystDrop(Optional.of(other), withObjects, endSessions);
  }

  public AnalystDrop droppingObjects() {
    return new AnalystDrop(reassignTo, true, endSessions);
  }

  public AnalystDrop endingSessions() {
    return new AnalystDrop(reassignTo, withObjects, true);
  }
}
