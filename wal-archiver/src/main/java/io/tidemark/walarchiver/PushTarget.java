package io.tidemark.walarchiver;

import io.tidemark.repository.ClusterRepository;
import java.nio.file.Path;

/**
 * A cluster whose server pushes its WAL.
 *
 * @param cluster its name
 * @param dataDirectory of its server, on this machine
 */
public record PushTarget(String cluster, Path dataDirectory, ClusterRepository repository) {}
