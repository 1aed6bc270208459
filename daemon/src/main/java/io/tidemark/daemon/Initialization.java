package io.tidemark.daemon;

import io.tidemark.config.ArchiveSettings;
import io.tidemark.config.ClusterSettings;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.RepositorySettings;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.ReplicationConnection;
import io.tidemark.postgres.SlotName;
import io.tidemark.postgres.SlotPosition;
import io.tidemark.postgres.SystemId;
import io.tidemark.repository.ClusterIdentity;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Keyring;
import io.tidemark.store.ObjectStore;
import io.tidemark.store.StoreAbilities;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Prepares one cluster. Looks at the server first: where that is refused, nothing is written. */
final class Initialization {
  private final Wiring wiring;
  private final ClusterSettings cluster;
  private final RepositorySettings settings;
  private final boolean generateKey;
  private final List<String> steps = new ArrayList<>();

  /**
   * What was done.
   *
   * @param created whether the cluster was new in the repository
   * @param slot the replication slot, where there is to be one
   * @param steps a sentence each
   */
  record Result(
      String cluster,
      String repository,
      SystemId systemId,
      int postgresMajor,
      boolean encrypted,
      boolean created,
      Optional<String> slot,
      List<String> steps) {}

  Initialization(Wiring wiring, ClusterSettings cluster, boolean generateKey) {
    this.wiring = wiring;
    this.cluster = cluster;
    this.settings = wiring.configuration().repositoryOf(cluster);
    this.generateKey = generateKey;
  }

  Result run() {
    ClusterIdentity identity = askServer();
    checkKeyFile();
    ObjectStore store = wiring.createStore(settings);
    tryOut(store);
    makeKeyFile();
    boolean created = !ClusterRepository.listClusters(store).contains(cluster.name());
    ClusterRepository repository =
        wiring.keep(
            cluster,
            ClusterRepository.create(store, cluster.name(), identity, Wiring.options(settings)));
    steps.add(
        (created ? "made the cluster's part of the repository" : "the cluster is there already")
            + ", system identifier "
            + repository.identity().systemId());
    return new Result(
        cluster.name(),
        store.describe(),
        repository.identity().systemId(),
        repository.identity().postgresMajor(),
        repository.identity().encrypted(),
        created,
        makeSlot(),
        List.copyOf(steps));
  }

  private ClusterIdentity askServer() {
    try (PostgresSession session = Wiring.session(cluster)) {
      ClusterIdentity identity =
          ClusterIdentity.of(session, settings.encryptionKeyFile().isPresent());
      steps.add(
          "the server is PostgreSQL %s, timeline %s"
              .formatted(session.serverVersion(), session.currentTimeline()));
      return identity;
    }
  }

  private void checkKeyFile() {
    Optional<SecretFile> keyFile = settings.encryptionKeyFile();
    if (keyFile.isEmpty() && generateKey) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "repository %s names no encryption.key-file; --generate-key expects one"
              .formatted(settings.name()),
          "name the file to be made in the configuration, or leave --generate-key out");
    }
    if (keyFile.isPresent() && !generateKey && !Files.exists(keyFile.get().path())) {
      throw new TidemarkException(
          ErrorCode.SECRET_UNUSABLE,
          "key file %s does not exist; expected the one that the repository is encrypted with"
              .formatted(keyFile.get()),
          "copy it here, or, for a new repository, make one: tidemark init --generate-key");
    }
    keyFile.filter(file -> Files.exists(file.path())).ifPresent(SecretFile::check);
  }

  private void tryOut(ObjectStore store) {
    StoreAbilities abilities = store.probe();
    if (!abilities.writable() || !abilities.readsBackWhatWasPut()) {
      throw new TidemarkException(
          ErrorCode.STORE_DENIED,
          store.describe()
              + (abilities.writable()
                  ? " gives back other bytes than were put"
                  : " cannot be written, or nothing can be deleted there")
              + "; expected a store for writing. "
              + String.join(" ", abilities.notes()),
          "Check the permissions and that nothing between here and there changes what is sent;"
              + " for S3 also the option checksums.");
    }
    steps.add("the store can be written and read");
    abilities.notes().forEach(note -> steps.add("note: " + note));
  }

  private void makeKeyFile() {
    settings
        .encryptionKeyFile()
        .filter(_ -> generateKey)
        .ifPresent(
            file -> {
              if (Files.exists(file.path())) {
                steps.add("the key file %s is there already".formatted(file));
                return;
              }
              Keyring.generateKeyFile(file.path());
              steps.add(
                  "made the key file %s: keep a copy elsewhere, nothing can be read without it"
                      .formatted(file));
            });
  }

  private Optional<String> makeSlot() {
    ArchiveSettings archive = cluster.archive();
    if (!archive.enabled() || archive.method() != ArchiveSettings.Method.STREAM) {
      return Optional.empty();
    }
    SlotName slot = new SlotName(archive.slot());
    try (ReplicationConnection connection = Wiring.replication(cluster)) {
      Optional<SlotPosition> found = connection.readSlot(slot);
      if (found.isPresent()) {
        steps.add("the replication slot %s is there already".formatted(slot));
      } else {
        SlotPosition made = connection.createPhysicalSlot(slot, true, false);
        steps.add(
            "made the replication slot %s, which keeps WAL from %s on until it is archived: start"
                    .formatted(slot, made.restart().map(Object::toString).orElse("now"))
                + " the daemon");
      }
    }
    return Optional.of(slot.toString());
  }
}
