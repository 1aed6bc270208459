package io.tidemark.replicamanager;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.SystemId;
import io.tidemark.replicamanager.ReplicaState.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;

/** Takes a data directory that somebody else has made: from then on it is Tidemark's to change. */
public final class Adoption {
  private final ReplicaSpec replica;

  public Adoption(ReplicaSpec replica) {
    this.replica = replica;
  }

  /**
   * Takes it. One without standby.signal was, or is, a primary: it rejoins, losing what it has and
   * the primary has not.
   *
   * @param cluster of which it must be
   * @throws TidemarkException WRONG_CLUSTER; DIRECTORY_REFUSED where it is no data directory
   */
  public void run(SystemId cluster) {
    Path directory = replica.directory();
    if (!Files.isRegularFile(directory.resolve(ControlFile.PATH), LinkOption.NOFOLLOW_LINKS)) {
      throw new TidemarkException(
          ErrorCode.DIRECTORY_REFUSED,
          directory + " is no data directory of PostgreSQL's; expected one to adopt",
          "Leave out --adopt to have one made.");
    }
    ControlFile control = ControlFileReader.read(directory);
    if (!control.systemId().equals(cluster)) {
      throw new TidemarkException(
          ErrorCode.WRONG_CLUSTER,
          "%s has system identifier %s, the repository is of %s"
              .formatted(directory, control.systemId(), cluster),
          "Name another directory.");
    }
    boolean standby = Files.exists(directory.resolve("standby.signal"));
    String buildId = ReplicaState.newBuildId(new SecureRandom());
    try {
      replica
          .home()
          .write(
              new ReplicaState(
                  directory,
                  cluster,
                  buildId,
                  standby ? Work.NONE : Work.REJOINING,
                  new Wish.Running(),
                  Instant.now()));
      // Last: it is ours only with it.
      ReplicaHome.mark(directory, buildId);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO, directory + " cannot be written to: " + e, "Check its owner.", e);
    }
  }
}
