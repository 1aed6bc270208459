package io.tidemark.replicamanager;

import java.util.List;

/** What is to be done for a replica next, and why. */
public sealed interface ReplicaDecision {

  /** Every {@link #word}. */
  List<String> WORDS =
      List.of(
          "nothing",
          "build",
          "continue-build",
          "start",
          "configure",
          "create-slot",
          "recreate-slot",
          "pause-replay",
          "catch-up-from-archive",
          "rewind",
          "rebuild",
          "wait",
          "refuse");

  /** The reason, a phrase for people. */
  String why();

  /** It is as it should be. */
  record Nothing(String why) implements ReplicaDecision {}

  /** Make the data directory where there is none. */
  record Build(From from, String why) implements ReplicaDecision {
    /** Where the files come from. */
    public enum From {
      /** A backup: no load on the primary. */
      REPOSITORY,
      /** A base backup that the primary, or the upstream, streams. */
      PRIMARY
    }
  }

  /** Go on with a build that was broken off. */
  record ContinueBuild(String why) implements ReplicaDecision {}

  /** Start its server. */
  record Start(String why) implements ReplicaDecision {}

  /**
   * Write settings, and have them loaded.
   *
   * @param changes may be empty: the file is right and was not loaded yet
   * @param restart whether a reload is not enough
   */
  record Configure(List<SettingsView.Change> changes, boolean restart, String why)
      implements ReplicaDecision {
    public Configure {
      changes = List.copyOf(changes);
    }
  }

  /** Make its slot on the feed. */
  record CreateSlot(String why) implements ReplicaDecision {}

  /** Drop its slot, whose WAL is lost, and make it anew. */
  record RecreateSlot(String why) implements ReplicaDecision {}

  /** Hold replay, as commanded, after a start that let it go. */
  record PauseReplay(String why) implements ReplicaDecision {}

  /** Nothing to do: its server fetches from the archive what the feed has no more. */
  record CatchUpFromArchive(String why) implements ReplicaDecision {}

  /** Take back what it has and the primary has not, with pg_rewind. */
  record Rewind(String why) implements ReplicaDecision {}

  /** Make it anew over what is there, reusing what is right. */
  record Rebuild(String why) implements ReplicaDecision {}

  /** Something must pass, or be known, first. */
  record Wait(String why) implements ReplicaDecision {}

  /** What would help is not for the daemon to do by itself. */
  record Refuse(String why, String advice) implements ReplicaDecision {}

  /** Whether it changes anything. */
  default boolean isAction() {
    return switch (this) {
      case Nothing _, CatchUpFromArchive _, Wait _, Refuse _ -> false;
      case Build _,
          ContinueBuild _,
          Start _,
          Configure _,
          CreateSlot _,
          RecreateSlot _,
          PauseReplay _,
          Rewind _,
          Rebuild _ ->
          true;
    };
  }

  /** For people and metrics: {@code create-slot}. */
  default String word() {
    return switch (this) {
      case Nothing _ -> "nothing";
      case Build _ -> "build";
      case ContinueBuild _ -> "continue-build";
      case Start _ -> "start";
      case Configure _ -> "configure";
      case CreateSlot _ -> "create-slot";
      case RecreateSlot _ -> "recreate-slot";
      case PauseReplay _ -> "pause-replay";
      case CatchUpFromArchive _ -> "catch-up-from-archive";
      case Rewind _ -> "rewind";
      case Rebuild _ -> "rebuild";
      case Wait _ -> "wait";
      case Refuse _ -> "refuse";
    };
  }
}
