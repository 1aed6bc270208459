package io.tidemark.analytics;

import java.util.Locale;

/** Which of the two slots of a source a table's changes come through. */
enum FeedRole {
  /** The one that stays. */
  MAIN,
  /** For tables that are copied while others are followed; they join the main one when level. */
  SIDE;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
