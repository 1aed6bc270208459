package io.tidemark.repository;

/**
 * One thing that a verification found.
 *
 * @param key of the object, or of where it should be
 * @param what is wrong or remarkable, a sentence
 * @param action what to do about it; empty where there is nothing to do
 */
public record Finding(Severity severity, String key, String what, String action) {
  /** How bad it is. */
  public enum Severity {
    /** Something cannot be restored. */
    ERROR,
    /** Everything that is there can be restored, and a human should know this. */
    WARNING,
    /** Nothing is wrong. */
    INFO
  }
}
