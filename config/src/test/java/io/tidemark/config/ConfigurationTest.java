package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ConfigurationTest {
  private static final Path FILE = Path.of("/etc/tidemark/tidemark.yaml");

  private static final String SMALLEST =
      """
      repositories:
        local: {type: posix, path: /backups}
      clusters:
        main-1: {repository: local}
      """;

  static final String EVERYTHING =
      """
      log: {format: json, level: debug}
      http: {listen: none}
      run-directory: /run/t
      state-directory: /var/t
      repositories:
        s3:
          type: s3
          bucket: bucket
          prefix: a/b
          region: eu-central-1
          endpoint: https://s3.example.org:9000
          path-style: true
          access-key-id-file: /s/id
          secret-access-key-file: /s/key
          server-side-encryption: sse-kms
          kms-key-id: alias/x
          storage-class: STANDARD_IA
          checksums: when-supported
          ca-file: /ca.pem
          request-timeout: 5s
          max-connections: 8
          compression: lz4
          encryption: {key-file: /s/keyset}
          retry: {attempts: 3, total: 10s}
          bandwidth-limit: 50MiB/s
        local: {type: posix, path: /backups, compression: {algorithm: zstd, level: 9}}
      clusters:
        a:
          repository: s3
          connection:
            host: [h1, h2]
            port: 5433
            database: d
            user: u
            password-file: /s/pw
            sslmode: verify-full
            sslrootcert: /root.crt
            sslcert: /c.crt
            sslkey: /s/c.key
            connect-timeout: 2s
            statement-timeout: 3s
          data-directory: /data
          bin-directory: /bin
          archive:
            enabled: false
            method: stream
            rpo: 500ms
            slot: own
            application-name: App
            ack: local
            buffer: 32MiB
            spool-limit: 1GiB
            uploads: 2
            status-interval: 2s
            wal-removed: stop
          backup:
            schedule: none
            parallel: 4
            from: standby
            standby: {host: h3}
            page-checksums: false
            bandwidth-limit: 1MB/s
            checkpoint: fast
            on-damage: fail
          retention: {recovery-window: 14d, fulls: 3, schedule: none}
          restore: {parallel: 8, wal-ahead: 1GiB}
          heartbeat: {period: 5s}
      replicas:
        reports:
          cluster: a
          kind: read
          directory: /srv/reports
          host: 10.0.0.5
          port: 5441
          manage: false
          slot: own_slot
          bin-directory: /bin17
          owner: pg
          log: /var/log/reports.log
          settings: {shared_buffers: 2GB, jit: false, random_page_cost: 1.1}
          auto-rebuild: true
          copy-rate: 50MiB/s
          tablespaces: {/fast: /srv/fast}
          read:
            policy: freshness
            role:
              name: metabase
              statement-timeout: 10m
              connection-limit: 7
              password-file: /s/metabase
              clients: [10.0.0.0/8]
          freshness: 30s
          start-timeout: 1h
          promote-timeout: 2m
        second:
          cluster: a
          kind: delayed
          delay: 4h
          directory: /srv/second
          port: 5442
          upstream: reports
          slot: second_slot
          unit: postgresql@17-second.service
        third: {cluster: a, kind: sync, directory: /srv/third, port: 5443, sync-slots: true}
        fourth: {cluster: a, kind: archive-only, directory: /srv/fourth, port: 5444}
      analytics:
        target: {host: dwh, port: 5434, database: warehouse, password-file: /s/dwh}
        state-schema: tidemark_own
        pseudonym-key-file: /s/pseudonym
        memory: 512MiB
        spool-directory: /var/spool/analytics
        pipelines:
          school:
            engine: merge
            schema: school
            label-columns: {site: _where, region: _region}
            sources:
              always:
                cluster: a
                database: app
                labels: {site: alw, region: 49}
                decode-from: {host: h4, port: 5435, sslkey: /s/standby.key}
                slot: own_logical
                publication: own_publication
              other: {cluster: a, database: app2, labels: {region: eu}}
            tables:
              public.orders:
                columns: [id, customer_id, note, total]
                where: total > 0
                masks: {note: null, customer_id: pseudonym, total: round 10}
                mode: history
                target: all_orders
                without-key: append
                on-change: {dropped-column: hold}
              shop_*.*: {columns: id, mode: soft-delete}
            partitions: leaf
            on-change:
              added-column: apply
              dropped-column: apply
              renamed-column: ignore
              changed-type: hold
              new-table: ignore
            copy: {workers: 4, rate: 20MiB/s, range: 64MiB}
            heartbeat: 2s
            freshness: 30s
            batch-delay: 0s
            failover-slots: false
        analysts:
          group: readers
          materialized-views:
            reports.daily: {schedule: "0 */5 * * * ?", wait-limit: 1m, concurrently: false}
      """;

  @Test
  void whatIsNotWrittenHasItsDefault() {
    Configuration configuration = Configuration.parse(FILE, SMALLEST);

    assertThat(configuration.file()).isEqualTo(FILE);
    assertThat(configuration.log())
        .isEqualTo(new LogSettings(LogSettings.Format.TEXT, LogSettings.Level.INFO));
    assertThat(configuration.http().listen().orElseThrow())
        .hasToString("127.0.0.1/<unresolved>:9780");
    assertThat(configuration.runDirectory()).isEqualTo(Path.of("/run/tidemark"));
    assertThat(configuration.stateDirectory()).isEqualTo(Path.of("/var/lib/tidemark"));
    assertThat(configuration.secrets()).isEmpty();
    assertThat(configuration.repositoryOf(configuration.cluster("main-1")))
        .isEqualTo(
            new RepositorySettings(
                "local",
                new PosixSettings(Path.of("/backups")),
                new CompressionSettings(CompressionSettings.Algorithm.ZSTD, 3),
                Optional.empty(),
                RetrySettings.DEFAULT,
                OptionalLong.empty()));
  }

  @Test
  void aClusterThatNamesOnlyItsRepositoryHasDefaultsEverywhere() {
    ClusterSettings cluster = Configuration.parse(FILE, SMALLEST).cluster("main-1");

    assertThat(cluster)
        .isEqualTo(
            new ClusterSettings(
                "main-1",
                "local",
                ConnectionSettings.defaults(),
                Optional.empty(),
                Optional.empty(),
                ArchiveSettings.defaults("main-1"),
                BackupSettings.defaults(),
                RetentionSettings.defaults(),
                RestoreSettings.defaults(),
                HeartbeatSettings.defaults(false)));
    assertThat(cluster.heartbeat().period()).isEmpty();
    assertThat(cluster.archive().slot()).isEqualTo("tidemark_main_1");
    assertThat(cluster.archive().rpo()).isEqualTo(Duration.ofSeconds(1));
    assertThat(cluster.archive().ack()).isEqualTo(ArchiveSettings.Ack.REPOSITORY);
    assertThat(cluster.backup().schedule()).contains("0 0 2 * * ?");
    assertThat(cluster.connection().hosts()).containsExactly("localhost");
  }

  @Test
  void everythingThatCanBeWrittenIsRead() {
    Configuration configuration = Configuration.parse(FILE, EVERYTHING);

    assertThat(configuration.log())
        .isEqualTo(new LogSettings(LogSettings.Format.JSON, LogSettings.Level.DEBUG));
    assertThat(configuration.http().listen()).isEmpty();
    assertThat(configuration.runDirectory()).isEqualTo(Path.of("/run/t"));
    assertThat(configuration.stateDirectory()).isEqualTo(Path.of("/var/t"));
    assertThat(configuration.repositories().get("s3"))
        .isEqualTo(
            new RepositorySettings(
                "s3",
                new S3Settings(
                    "bucket",
                    "a/b",
                    Optional.of("eu-central-1"),
                    Optional.of(URI.create("https://s3.example.org:9000")),
                    true,
                    Optional.empty(),
                    secret("/s/id"),
                    secret("/s/key"),
                    S3Settings.ServerSideEncryption.SSE_KMS,
                    Optional.of("alias/x"),
                    Optional.of("STANDARD_IA"),
                    S3Settings.Checksums.WHEN_SUPPORTED,
                    Optional.of(Path.of("/ca.pem")),
                    Duration.ofSeconds(5),
                    8),
                CompressionSettings.of(CompressionSettings.Algorithm.LZ4),
                secret("/s/keyset"),
                new RetrySettings(3, Duration.ofSeconds(10)),
                OptionalLong.of(50 << 20)));
  }

  @Test
  void aClusterIsReadToItsLastKey() {
    ClusterSettings cluster = Configuration.parse(FILE, EVERYTHING).cluster("a");

    assertThat(cluster.connection())
        .isEqualTo(
            new ConnectionSettings(
                List.of("h1", "h2"),
                5433,
                "d",
                "u",
                secret("/s/pw"),
                Optional.empty(),
                ConnectionSettings.SslMode.VERIFY_FULL,
                Optional.of(Path.of("/root.crt")),
                Optional.of(Path.of("/c.crt")),
                secret("/s/c.key"),
                Duration.ofSeconds(2),
                Duration.ofSeconds(3)));
    assertThat(cluster.dataDirectory()).contains(Path.of("/data"));
    assertThat(cluster.binDirectory()).contains(Path.of("/bin"));
    assertThat(cluster.archive())
        .isEqualTo(
            new ArchiveSettings(
                false,
                ArchiveSettings.Method.STREAM,
                Duration.ofMillis(500),
                "own",
                "App",
                ArchiveSettings.Ack.LOCAL,
                32 << 20,
                1L << 30,
                2,
                Duration.ofSeconds(2),
                ArchiveSettings.WalRemoved.STOP));
    assertThat(cluster.retention())
        .isEqualTo(new RetentionSettings(Duration.ofDays(14), 3, Optional.empty()));
    assertThat(cluster.restore()).isEqualTo(new RestoreSettings(8, 1L << 30));
  }

  @Test
  void aStandbyTakesWhatItLeavesOutFromTheCluster() {
    BackupSettings backup = Configuration.parse(FILE, EVERYTHING).cluster("a").backup();

    ConnectionSettings standby = backup.standby().orElseThrow();
    assertThat(standby.hosts()).containsExactly("h3");
    assertThat(standby.port()).isEqualTo(5433);
    assertThat(standby.passwordFile()).isEqualTo(secret("/s/pw"));
    assertThat(backup)
        .isEqualTo(
            new BackupSettings(
                Optional.empty(),
                4,
                BackupSettings.From.STANDBY,
                Optional.of(standby),
                false,
                OptionalLong.of(1_000_000),
                BackupSettings.Checkpoint.FAST,
                BackupSettings.OnDamage.FAIL));
  }

  @Test
  void secretsAreListedOnce() {
    assertThat(Configuration.parse(FILE, EVERYTHING).secrets())
        .extracting(SecretFile::toString)
        .containsExactly(
            "/s/keyset",
            "/s/id",
            "/s/key",
            "/s/pw",
            "/s/c.key",
            "/s/metabase",
            "/s/dwh",
            "/s/pseudonym",
            "/s/standby.key");
  }

  @Test
  void aReplicaIsReadToItsLastKey() {
    Configuration configuration = Configuration.parse(FILE, EVERYTHING);

    assertThat(configuration.replica("reports"))
        .isEqualTo(
            new ReplicaSettings(
                "reports",
                "a",
                ReplicaKind.READ,
                Path.of("/srv/reports"),
                "10.0.0.5",
                5441,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.of("own_slot"),
                Optional.of(Path.of("/bin17")),
                Optional.of("pg"),
                Optional.of(Path.of("/var/log/reports.log")),
                Optional.empty(),
                Map.of("shared_buffers", "2GB", "jit", "false", "random_page_cost", "1.1"),
                true,
                OptionalLong.of(50 << 20),
                Map.of(Path.of("/fast"), Path.of("/srv/fast")),
                Optional.of(
                    new ReadSettings(
                        ReadSettings.Policy.FRESHNESS,
                        Optional.of(
                            new ReadSettings.Role(
                                "metabase",
                                Duration.ofMinutes(10),
                                7,
                                secret("/s/metabase"),
                                List.of("10.0.0.0/8"))))),
                false,
                Duration.ofSeconds(30),
                Duration.ofHours(1),
                Duration.ofMinutes(2)));
    assertThat(configuration.replicasOf(configuration.cluster("a")))
        .extracting(ReplicaSettings::name)
        .containsExactly("reports", "second", "third", "fourth");
  }

  @Test
  void aReplicaThatSaysLittleHasDefaults() {
    Configuration configuration = Configuration.parse(FILE, EVERYTHING);

    ReplicaSettings second = configuration.replica("second");
    assertThat(second.delay()).contains(Duration.ofHours(4));
    assertThat(second.slot()).contains("second_slot");
    assertThat(configuration.replica("third").slot()).contains("tidemark_replica_third");
    assertThat(second.applicationName()).isEqualTo("tidemark_second");
    assertThat(second.upstream()).contains("reports");
    assertThat(second.unit()).contains("postgresql@17-second.service");
    assertThat(second.manage()).isTrue();
    assertThat(second.autoRebuild()).isFalse();
    assertThat(second.read()).isEmpty();
    assertThat(configuration.replica("third").syncSlots()).isTrue();
    assertThat(configuration.replica("fourth").slot()).isEmpty();
    assertThat(configuration.cluster("a").heartbeat().period()).contains(Duration.ofSeconds(5));
  }

  @Test
  void aClusterWithReplicasHasAHeartbeat() {
    Configuration configuration =
        Configuration.parse(
            FILE,
            """
            repositories: {r: {type: posix, path: /b}}
            clusters: {a: {repository: r}, b: {repository: r}, c: {repository: r, heartbeat: {period: none}}}
            replicas:
              x: {cluster: a, kind: read, directory: /srv/x, port: 5441}
              y: {cluster: c, kind: read, directory: /srv/y, port: 5442}
            """);

    assertThat(configuration.cluster("a").heartbeat().period()).contains(Duration.ofSeconds(10));
    assertThat(configuration.cluster("b").heartbeat().period()).isEmpty();
    assertThat(configuration.cluster("c").heartbeat().period()).isEmpty();
    assertThat(configuration.replica("x").read()).contains(ReadSettings.defaults());
  }

  @Test
  void anUnknownReplicaIsAnsweredWithTheOnesThereAre() {
    assertThatThrownBy(() -> Configuration.parse(FILE, EVERYTHING).replica("secnd"))
        .hasMessage(
            "there is no replica \"secnd\" in /etc/tidemark/tidemark.yaml; expected one of"
                + " reports, second, third, fourth");
    assertThatThrownBy(() -> Configuration.parse(FILE, SMALLEST).replica("x"))
        .hasMessage(
            "there is no replica \"x\" in /etc/tidemark/tidemark.yaml; expected a section"
                + " replicas with it");
  }

  @Test
  void anchorsAndMergesSpareRepetition() {
    Configuration configuration =
        Configuration.parse(
            FILE,
            """
            repositories: {r: {type: posix, path: /b}}
            clusters:
              a: &usual
                repository: r
                retention: &kept {fulls: 5}
              b:
                <<: *usual
                archive: {rpo: 2s}
              c: {repository: r, retention: *kept}
            """);

    assertThat(configuration.cluster("b").retention().fulls()).isEqualTo(5);
    assertThat(configuration.cluster("b").archive().rpo()).isEqualTo(Duration.ofSeconds(2));
    assertThat(configuration.cluster("b").archive().slot()).isEqualTo("tidemark_b");
    assertThat(configuration.cluster("c").retention().fulls()).isEqualTo(5);
  }

  @Test
  void anUnknownClusterIsAnsweredWithTheOnesThereAre() {
    TidemarkException e =
        catchThrowableOfType(
            TidemarkException.class, () -> Configuration.parse(FILE, SMALLEST).cluster("man-1"));

    assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
    assertThat(e)
        .hasMessage(
            "there is no cluster \"man-1\" in /etc/tidemark/tidemark.yaml; expected one of main-1");
    assertThat(e.hint()).isEqualTo("did you mean \"main-1\"?");
  }

  private static Optional<SecretFile> secret(String path) {
    return Optional.of(new SecretFile(Path.of(path)));
  }
}
