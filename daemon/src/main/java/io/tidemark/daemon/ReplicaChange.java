package io.tidemark.daemon;

import picocli.CommandLine.Option;

/** A command that changes a replica in a way that cannot be taken back: it asks before. */
abstract class ReplicaChange extends OneReplicaCommand {
  @Option(names = "--yes", description = "Do not ask.")
  boolean yes;

  ReplicaChange(Invocation invocation) {
    super(invocation);
  }

  /**
   * Says what will happen, and returns where it is confirmed.
   *
   * @param verb what is done to the replica, such as "Drop"
   */
  void confirm(String what, String verb) {
    invocation.output().announce(what);
    invocation.confirmation().require(yes, "%s %s?".formatted(verb, replica));
  }
}
