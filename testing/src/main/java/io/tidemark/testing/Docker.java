package io.tidemark.testing;

import org.testcontainers.DockerClientFactory;

/** Whether containers can be started here. */
public final class Docker {
  private Docker() {}

  /** Whether a Docker engine answers. Never throws. */
  public static boolean isAvailable() {
    try {
      return DockerClientFactory.instance().isDockerAvailable();
    } catch (RuntimeException | LinkageError noEngine) {
      return false;
    }
  }
}
