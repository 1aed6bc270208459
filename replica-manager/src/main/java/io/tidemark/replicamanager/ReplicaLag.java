package io.tidemark.replicamanager;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far behind a standby is.
 *
 * @param held whether replay is paused, or stands at a target
 * @param excess age of the data beyond the delay, negative where it is nearer; empty where either
 *     is not known, or it is held
 * @param delayShort whether a delayed standby replays what is younger than its delay: the time in
 *     which a mistake can be stopped is gone
 * @param replayCapacity bytes per second, the most that it replayed while it had a backlog
 * @param utilisation what the primary writes in its busy minutes, as a part of that
 */
public record ReplicaLag(
    DataAge age,
    boolean held,
    Optional<Duration> excess,
    boolean delayShort,
    StageLag stages,
    CatchUp catchUp,
    OptionalDouble replayCapacity,
    OptionalDouble utilisation) {}
