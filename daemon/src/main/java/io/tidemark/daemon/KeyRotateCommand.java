package io.tidemark.daemon;

import io.tidemark.config.ClusterSettings;
import io.tidemark.config.Configuration;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.RepositorySettings;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.ClusterRepository;
import io.tidemark.repository.Keyring;
import io.tidemark.repository.RepositoryOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Gives an encrypted repository a new key, without writing any data again. */
@Command(
    name = "rotate",
    description = {
      "Makes a new key file with a new key beside the old ones, and wraps the cluster's data keys"
          + " with it. Nothing that is stored is written again; the old file still opens what was"
          + " wrapped with it.",
      "Run it for each cluster of the repository with the same --to, then name that file in"
          + " encryption.key-file on every machine."
    },
    footer = {
      "%nExamples:",
      "  tidemark key rotate main --to /etc/tidemark/repository-2.key",
      "  tidemark key rotate main --data-key"
    })
final class KeyRotateCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(paramLabel = "CLUSTER", description = "A name under clusters: in the configuration.")
  String cluster = "";

  @Option(names = "--to", paramLabel = "FILE", description = "The new key file.")
  @Nullable Path to;

  @Option(
      names = "--data-key",
      description = "Also make a new data key, which encrypts what is stored from now on.")
  boolean dataKey;

  /**
   * What {@code --json} prints.
   *
   * @param wrapped how many data keys were wrapped by the new key
   */
  record Report(
      String cluster, Optional<String> keyFile, int wrapped, Optional<String> newDataKey) {}

  KeyRotateCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    Configuration configuration = invocation.configuration();
    ClusterSettings settings = configuration.cluster(cluster);
    RepositorySettings repository = configuration.repositoryOf(settings);
    Path old = keyFile(repository);
    Path fresh = to == null ? old : to.toAbsolutePath().normalize();
    if (to == null && !dataKey) {
      throw new TidemarkException(
          ErrorCode.USAGE, "found neither --to FILE nor --data-key; expected one of them", "");
    }
    try (Wiring wiring = invocation.wiring(configuration)) {
      // Opened with the old one first: what that cannot open, the new one could not either.
      wiring.repository(settings);
      if (!fresh.equals(old) && !Files.exists(fresh)) {
        Keyring.rotateKeyFile(old, fresh);
      }
      Report report = rotate(wiring, settings, repository, fresh);
      invocation.output().result(report, () -> text(report));
    }
    return 0;
  }

  private Report rotate(
      Wiring wiring, ClusterSettings settings, RepositorySettings repository, Path fresh) {
    RepositoryOptions options =
        new RepositoryOptions(
            Wiring.options(repository).compression(), Optional.of(fresh), Wiring.writer());
    try (ClusterRepository opened =
        ClusterRepository.open(wiring.store(repository), settings.name(), options)) {
      Keyring keyring = opened.keyring().orElseThrow();
      Optional<String> made = dataKey ? Optional.of(keyring.rotateDataKey()) : Optional.empty();
      return new Report(
          cluster, Optional.ofNullable(to).map(_ -> fresh.toString()), keyring.rewrap(), made);
    }
  }

  private static Path keyFile(RepositorySettings repository) {
    return repository
        .encryptionKeyFile()
        .map(SecretFile::path)
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.USAGE,
                    "repository %s names no encryption.key-file; expected an encrypted one"
                        .formatted(repository.name()),
                    ""));
  }

  private static String text(Report report) {
    StringBuilder text = new StringBuilder(report.cluster());
    report.newDataKey().ifPresent(id -> text.append("\n  made the data key ").append(id));
    report
        .keyFile()
        .ifPresent(
            file ->
                text.append("\n  wrapped %d data keys by the new key".formatted(report.wrapped()))
                    .append("\n  now name it in the configuration, on every machine that uses this")
                    .append(" repository:\n    encryption:\n      key-file: ")
                    .append(file)
                    .append("\n  and keep a copy elsewhere"));
    return text.toString();
  }
}
