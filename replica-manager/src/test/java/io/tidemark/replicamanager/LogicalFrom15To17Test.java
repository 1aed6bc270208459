package io.tidemark.replicamanager;

final class LogicalFrom15To17Test extends LogicalLife {
  LogicalFrom15To17Test() {
    super(15, 17);
  }
}
