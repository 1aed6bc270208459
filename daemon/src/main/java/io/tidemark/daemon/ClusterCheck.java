package io.tidemark.daemon;

import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.ReplicaSettings;
import io.tidemark.config.RepositorySettings;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.ControlFile;
import io.tidemark.postgres.ControlFileReader;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.SystemId;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.StoreAbilities;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks at everything that a cluster needs, and goes on after whatever is not right. */
final class ClusterCheck {
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(30);

  private final Wiring wiring;
  private final ClusterSettings cluster;
  private final List<Finding> findings = new ArrayList<>();
  private Optional<SystemId> serverId = Optional.empty();
  private Optional<String> dataDirectory = Optional.empty();

  ClusterCheck(Wiring wiring, ClusterSettings cluster) {
    this.wiring = wiring;
    this.cluster = cluster;
    this.dataDirectory = cluster.dataDirectory().map(Path::toString);
  }

  List<Finding> run() {
    attempt("secrets", this::secrets);
    attempt("connection", this::server);
    if (ServerRules.needsSlot(cluster) || !replicas().isEmpty()) {
      attempt("replication", this::replication);
    }
    attempt("data-directory", this::dataDirectory);
    attempt("store", this::store);
    attempt("repository", this::repository);
    attempt("state-directory", this::stateDirectory);
    return List.copyOf(findings);
  }

  private List<ReplicaSettings> replicas() {
    return wiring.configuration().replicasOf(cluster);
  }

  private void attempt(String check, Runnable look) {
    try {
      look.run();
    } catch (TidemarkException e) {
      findings.add(Finding.fail(check, e.getMessage(), e.hint()));
    }
  }

  private void ok(String check, String found) {
    findings.add(Finding.ok(check, found));
  }

  private void secrets() {
    List<SecretFile> secrets = wiring.configuration().secrets();
    secrets.forEach(SecretFile::check);
    ok("secrets", secrets.size() + " secrets files, none open to others");
  }

  private void server() {
    try (PostgresSession session = Wiring.session(cluster)) {
      serverId = Optional.of(session.systemIdentifier());
      ok(
          "connection",
          "%s answers as %s, timeline %s"
              .formatted(
                  String.join(", ", cluster.connection().hosts()),
                  cluster.connection().user(),
                  session.currentTimeline()));
      ServerFacts facts = ServerFacts.read(session);
      findings.addAll(new ServerRules(facts, cluster).findings());
      findings.addAll(
          new ReplicaFindings(facts, replicas()).findings(ServerRules.needsSlot(cluster)));
      if (!ServerRules.fromStandby(cluster)) {
        dataDirectory = dataDirectory.or(() -> session.setting("data_directory"));
      }
    }
    if (ServerRules.fromStandby(cluster)) {
      standby();
    }
  }

  private void standby() {
    try (PostgresSession session = Wiring.backupSession(cluster)) {
      dataDirectory = dataDirectory.or(() -> session.setting("data_directory"));
      ok(
          "standby",
          session.isInRecovery() ? "answers, in recovery" : "answers, and is no standby any more");
    }
  }

  private void replication() {
    try (ReplicationConnection connection = Wiring.replication(cluster)) {
      ok("replication", "a replication session opens, at " + connection.identity().flushed());
    }
  }

  private void dataDirectory() {
    if (dataDirectory.isEmpty()) {
      findings.add(
          Finding.fail(
              "data-directory",
              "it is not known where the server's files are",
              "Name it in data-directory, or: GRANT pg_read_all_settings TO \""
                  + cluster.connection().user()
                  + "\";"));
      return;
    }
    Path directory = Path.of(dataDirectory.get());
    if (!Files.isReadable(directory.resolve(ControlFile.PATH))) {
      findings.add(
          Finding.fail(
              "data-directory",
              directory + " is not here, or " + System.getProperty("user.name") + " cannot read it",
              "Run on the server's machine, as a user who may read it: backups need it. If it is"
                  + " elsewhere, name it in data-directory."));
      return;
    }
    SystemId local = ControlFileReader.read(directory).systemId();
    if (serverId.isPresent() && !serverId.get().equals(local)) {
      findings.add(
          Finding.fail(
              "data-directory",
              "%s has system identifier %s, the server %s"
                  .formatted(directory, local, serverId.get()),
              "Name the directory that SHOW data_directory gives, on this machine."));
      return;
    }
    ok("data-directory", directory + ", system identifier " + local);
  }

  private void store() {
    RepositorySettings settings = wiring.configuration().repositoryOf(cluster);
    ObjectStore store = wiring.store(settings);
    StoreAbilities abilities = store.probe();
    String notes = String.join(" ", abilities.notes());
    if (!abilities.writable() || !abilities.readsBackWhatWasPut()) {
      findings.add(
          Finding.fail(
              "store",
              store.describe() + " cannot be used as it is. " + notes,
              "Check credentials, permissions and bucket policy."));
    } else if (!abilities.putIfAbsent()) {
      findings.add(
          Finding.warn("store", store.describe() + ": " + notes, "Let only one machine write."));
    } else {
      ok("store", store.describe() + " can be written, read, and keeps writers apart");
    }
  }

  private void repository() {
    ClusterRepository repository = wiring.repository(cluster);
    serverId.ifPresent(repository::requireSystemId);
    ok("repository", repository.describe() + ", of PostgreSQL " + major(repository));
    Instant here = Instant.now();
    Duration ahead = Duration.between(here, repository.leases().storeNow());
    String found = "the store's clock differs from this machine's by " + Human.duration(ahead);
    findings.add(
        ahead.abs().compareTo(CLOCK_TOLERANCE) > 0
            ? Finding.warn("store clock", found, "Let both follow one clock (NTP).")
            : Finding.ok("store clock", found));
  }

  private static int major(ClusterRepository repository) {
    return repository.identity().postgresMajor();
  }

  private void stateDirectory() {
    ArchiveSettings archive = cluster.archive();
    if (archive.ack() != ArchiveSettings.Ack.LOCAL) {
      return;
    }
    Path directory = wiring.configuration().stateDirectory();
    try {
      long free = Files.getFileStore(existing(directory)).getUsableSpace();
      String found = "%s has %s free".formatted(directory, Human.bytes(free));
      findings.add(
          free < archive.spoolLimitBytes()
              ? Finding.warn(
                  "state-directory",
                  found + "; archive.spool-limit is " + Human.bytes(archive.spoolLimitBytes()),
                  "Free some, or lower archive.spool-limit.")
              : Finding.ok("state-directory", found));
    } catch (IOException e) {
      findings.add(
          Finding.fail(
              "state-directory",
              directory + " cannot be looked at: " + e,
              "Create it: install -d -o tidemark " + directory));
    }
  }

  private static Path existing(Path path) {
    Path parent = path.getParent();
    return Files.exists(path) || parent == null ? path : existing(parent);
  }
}
