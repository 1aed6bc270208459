package io.tidemark.postgres;

/** A relation's forks, each a set of segment files of its own (relpath.h). */
public enum Fork {
  MAIN(""),
  FREE_SPACE_MAP("_fsm"),
  VISIBILITY_MAP("_vm"),
  INIT("_init");

  private final String suffix;

  Fork(String suffix) {
    this.suffix = suffix;
  }

  /** What follows the file number in a file's name. */
  String suffix() {
    return suffix;
  }
}
