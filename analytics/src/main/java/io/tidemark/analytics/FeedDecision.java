package io.tidemark.analytics;

import java.util.List;

/** What a feed does next, and why. */
public sealed interface FeedDecision {
  /** Of all, for metrics. */
  List<String> WORDS = List.of("wait", "begin", "copy", "stream", "rebuild", "drop", "refuse");

  /** For people: one line. */
  String why();

  /** As metrics and status spell it. */
  default String word() {
    return switch (this) {
      case Wait _ -> "wait";
      case Begin _ -> "begin";
      case CopyOn _ -> "copy";
      case Stream _ -> "stream";
      case Rebuild _ -> "rebuild";
      case Drop _ -> "drop";
      case Refuse _ -> "refuse";
    };
  }

  /** Nothing, as somebody wants it. */
  record Wait(String why) implements FeedDecision {}

  /** Make publications, tables and the slot, and copy. */
  record Begin(String why) implements FeedDecision {}

  /** Copy what is left after the snapshot was lost. */
  record CopyOn(String why) implements FeedDecision {}

  /** Follow the source. */
  record Stream(String why) implements FeedDecision {}

  /** The slot cannot be used any more: a new one, and every table compared with its source. */
  record Rebuild(String why) implements FeedDecision {}

  /** Give everything up at the source. */
  record Drop(String why) implements FeedDecision {}

  /** Somebody must look. */
  record Refuse(String why, String advice) implements FeedDecision {}
}
