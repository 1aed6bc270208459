package io.tidemark.daemon;

import java.util.concurrent.Callable;
import picocli.CommandLine.Parameters;

/** A command on one replica of the configuration. */
abstract class OneReplicaCommand implements Callable<Integer> {
  final Invocation invocation;

  @Parameters(paramLabel = "REPLICA", description = "A name under replicas: in the configuration.")
  String replica = "";

  OneReplicaCommand(Invocation invocation) {
    this.invocation = invocation;
  }
}
