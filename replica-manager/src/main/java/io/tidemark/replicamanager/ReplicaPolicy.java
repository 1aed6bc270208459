package io.tidemark.replicamanager;

import io.tidemark.config.ReplicaKind;
import io.tidemark.config.ReplicaSettings;

/**
 * What the operator lets the daemon do by itself.
 *
 * @param applicationName which synchronous_standby_names should name, for a synchronous one
 */
public record ReplicaPolicy(
    String replica, ReplicaKind kind, String applicationName, boolean manage, boolean autoRebuild) {

  public static ReplicaPolicy of(ReplicaSettings settings) {
    return new ReplicaPolicy(
        settings.name(),
        settings.kind(),
        settings.applicationName(),
        settings.manage(),
        settings.autoRebuild());
  }
}
