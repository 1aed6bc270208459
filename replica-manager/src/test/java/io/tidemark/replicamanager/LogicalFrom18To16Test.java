package io.tidemark.replicamanager;

final class LogicalFrom18To16Test extends LogicalLife {
  LogicalFrom18To16Test() {
    super(18, 16);
  }
}
