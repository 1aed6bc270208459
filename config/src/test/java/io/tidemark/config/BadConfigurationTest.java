package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BadConfigurationTest {
  private static final Path FILE = Path.of("t.yaml");

  /** Lines 1 to 4 of the files below; what is tested begins on line 5. */
  private static final String GOOD =
      """
      repositories:
        r: {type: posix, path: /backups}
      clusters:
        c: {repository: r}
      """;

  /** Lines 1 to 3 of a file that goes on with the keys of a cluster. */
  private static final String CLUSTER =
      """
      repositories: {r: {type: posix, path: /b}}
      clusters:
        c:
      """;

  private static Arguments top(String yaml, String... problems) {
    return Arguments.of(GOOD + yaml, List.of(problems));
  }

  private static Arguments cluster(String yaml, String... problems) {
    return Arguments.of(CLUSTER + "    repository: r\n" + yaml.indent(4), List.of(problems));
  }

  private static Arguments repository(String yaml, String... problems) {
    return Arguments.of(
        "clusters: {c: {repository: r}}\nrepositories:\n  r:\n" + yaml.indent(4),
        List.of(problems));
  }

  /** A replica {@code x} of cluster c on line 6, with more keys. */
  private static Arguments replica(String keys, String problem) {
    return top("replicas:\n  x: {cluster: c, directory: /x, port: 1, " + keys + "}", problem);
  }

  private static Arguments replicas(String second, String problem) {
    String first = "replicas:\n  x: {cluster: c, kind: read, directory: /x, port: 1}\n";
    return top(first + second.indent(2), problem);
  }

  static List<Arguments> mistakesOfReplicas() {
    return List.of(
        top(
            "replicas:\n  a-b: {cluster: c, kind: read, directory: /x, port: 1}",
            "t.yaml:6:8: replicas.a-b: found the name \"a-b\"; expected a name of 1 to 40 characters"
                + " from a-z, 0-9 and _"),
        top(
            "replicas:\n  x: {cluster: d, kind: read, directory: /x, port: 1}",
            "t.yaml:6:16: replicas.x.cluster: found \"d\", which is no cluster of this file;"
                + " expected one of c; did you mean \"c\"?"),
        replica(
            "kind: delayed",
            "t.yaml:6:3: replicas.x.delay: found none with kind: delayed; expected how long it waits"
                + " before it applies, such as 4h"),
        replica(
            "kind: read, delay: 4h",
            "t.yaml:6:62: replicas.x.delay: found one with kind: read; expected it only with kind:"
                + " delayed"),
        replica(
            "kind: sync, read: {policy: queries}",
            "t.yaml:6:61: replicas.x.read: found it with kind: sync; expected it only with kind: read"),
        replica(
            "kind: archive-only, slot: s",
            "t.yaml:6:69: replicas.x.slot: found a slot with kind: archive-only; expected none: it has"
                + " no connection to the primary"),
        replica(
            "kind: archive-only, upstream: y",
            "t.yaml:6:73: replicas.x.upstream: found one with kind: archive-only; expected none: it is"
                + " fed from the repository"),
        replica(
            "kind: archive-only, copy-rate: 1MiB/s",
            "t.yaml:6:74: replicas.x.copy-rate: found one with kind: archive-only; expected none:"
                + " nothing is copied from a server"),
        replica(
            "kind: sync, copy-rate: 2GiB/s",
            "t.yaml:6:66: replicas.x.copy-rate: found 2GiB; expected a size from 32KiB to 1GiB"),
        replica(
            "kind: sync, upstream: y",
            "t.yaml:6:65: replicas.x.upstream: found one with kind: sync; expected none: a primary"
                + " waits only for who streams from it"),
        replica(
            "kind: read, unit: u.service, log: /l",
            "t.yaml:6:77: replicas.x.log: found a log beside unit; expected one of the two: systemd"
                + " has the log of a unit"),
        replica(
            "kind: read, unit: \"u; reboot\"",
            "t.yaml:6:61: replicas.x.unit: found \"u; reboot\"; expected a unit of systemd such as"
                + " postgresql@17-reports.service"),
        replica(
            "kind: read, settings: {Recovery_Target_Time: now}",
            "t.yaml:6:65: replicas.x.settings: found Recovery_Target_Time, which Tidemark sets"
                + " itself; expected it left out"),
        replica(
            "kind: read, sync-slots: true, read: {policy: freshness}",
            "t.yaml:6:67: replicas.x.sync-slots: found true with read.policy: freshness; expected"
                + " read.policy: queries: slots need hot_standby_feedback"),
        replica(
            "kind: read, tablespaces: {fast: /f}",
            "t.yaml:6:68: replicas.x.tablespaces: found \"fast\"; expected an absolute path"),
        replica(
            "kind: read, upstream: x",
            "t.yaml:6:65: replicas.x.upstream: found a circle of replicas; expected a way that ends at"
                + " the primary"),
        replica(
            "kind: read, upstream: z",
            "t.yaml:6:65: replicas.x.upstream: found \"z\", which is no replica of this file; expected"
                + " one of x; did you mean \"x\"?"),
        replicas(
            "y: {cluster: c, kind: read, directory: /x, port: 2}",
            "t.yaml:7:42: replicas.y.directory: found /x, which replica x has; expected one of its"
                + " own"),
        replicas(
            "y: {cluster: c, kind: read, directory: /y, port: 1}",
            "t.yaml:7:52: replicas.y.port: found 1, which replica x has; expected one of its own"),
        replicas(
            "y: {cluster: c, kind: read, directory: /y, port: 2, slot: tidemark_c}",
            "t.yaml:7:61: replicas.y.slot: found tidemark_c, which archiving c has; expected one of its"
                + " own"),
        replicas(
            "y: {cluster: c, kind: read, directory: /y, port: 2, read: {role: {name: pg_x}}}",
            "t.yaml:7:75: replicas.y.read.role.name: found \"pg_x\"; expected a name without pg_ before"
                + " it"));
  }

  @ParameterizedTest
  @MethodSource("mistakesOfReplicas")
  void aMistakeInAReplicaIsFoundWhereItStands(String yaml, List<String> problems) {
    assertThat(refusal(yaml).problems()).hasToString(problems.toString());
  }

  static List<Arguments> mistakes() {
    return List.of(
        top(
            "htp: {}",
            "t.yaml:5:1: htp: unknown key; expected one of analytics, clusters, http, log,"
                + " replicas, repositories, run-directory, state-directory; did you mean \"http\"?"),
        top(
            "log: {level: verbose}",
            "t.yaml:5:14: log.level: found \"verbose\"; expected one of error, warn, info, debug,"
                + " trace"),
        top(
            "log: {format: jsn}",
            "t.yaml:5:15: log.format: found \"jsn\"; expected one of text, json;"
                + " did you mean \"json\"?"),
        top(
            "log: text",
            "t.yaml:5:6: log: found \"text\"; expected a section: keys, indented below it"),
        top(
            "http: {listen: 9780}",
            "t.yaml:5:16: http.listen: found the number 9780; expected host:port such as"
                + " 127.0.0.1:9780, or none"),
        top(
            "run-directory: run",
            "t.yaml:5:16: run-directory: found \"run\"; expected an absolute path"),
        top(
            "log: {}\nhttp: {}\nlog: {}",
            "t.yaml:7:1: log: found the key a second time, first on line 5; expected it once"),
        top(
            "run-directory: ${RUN}",
            "t.yaml:5:16: run-directory: found \"${RUN}\"; expected a plain value: variables are not"
                + " replaced, and secrets are read from files"),
        top(
            "log: *text",
            "t.yaml:5:6: log: found the alias *text; expected an anchor defined above it"),
        top(
            "---\nlog: {}",
            "t.yaml:6:1: found a second document; expected one document in the file"),
        top(
            "log: {format: [text}",
            "t.yaml:5:20: found what is not YAML: while parsing a flow sequence, expected ',' or"
                + " ']', but got }; expected YAML"),
        cluster(
            "archive:\n  rp0: 2s",
            "t.yaml:6:7: clusters.c.archive.rp0: unknown key; expected one of ack,"
                + " application-name, buffer, enabled, method, rpo, slot, spool-limit,"
                + " status-interval, uploads, wal-removed; did you mean \"rpo\"?"),
        cluster(
            "archive: {rpo: 5}",
            "t.yaml:5:20: clusters.c.archive.rpo: found the number 5; expected a duration such as"
                + " 500ms, 1s, 15m, 4h or 7d"),
        cluster(
            "archive: {rpo: 1sec}",
            "t.yaml:5:20: clusters.c.archive.rpo: found \"1sec\"; expected a duration such as"
                + " 500ms, 1s, 15m, 4h or 7d"),
        cluster(
            "archive: {rpo: 10ms, buffer: 1MiB}",
            "t.yaml:5:20: clusters.c.archive.rpo: found 10ms; expected a duration from 100ms to 1h",
            "t.yaml:5:34: clusters.c.archive.buffer: found 1MiB; expected a size from 16MiB to"
                + " 4GiB"),
        cluster(
            "archive: {enabled: yes}",
            "t.yaml:5:24: clusters.c.archive.enabled: found \"yes\"; expected true or false"),
        cluster(
            "archive: {slot: Main-1}",
            "t.yaml:5:21: clusters.c.archive.slot: found \"Main-1\"; expected a slot name of 1 to 63"
                + " characters a-z, 0-9 and _"),
        cluster(
            "archive: {method: push, ack: local}",
            "t.yaml:5:34: clusters.c.archive.ack: found ack: local with method: push; expected"
                + " repository: archive_command waits for it"),
        cluster(
            "connection: {host: /run/postgresql}",
            "t.yaml:5:24: clusters.c.connection.host: found /run/postgresql; expected host names or"
                + " addresses: sockets in the file system cannot be used, localhost can"),
        cluster(
            "connection: {host: []}",
            "t.yaml:5:24: clusters.c.connection.host: found an empty list; expected text"),
        cluster(
            "connection: {port: \"5432\", user: 7}",
            "t.yaml:5:24: clusters.c.connection.port: found \"5432\"; expected a whole number",
            "t.yaml:5:38: clusters.c.connection.user: found the number 7; expected text; write it in"
                + " quotes: \"7\""),
        cluster(
            "connection: {port: 70000}",
            "t.yaml:5:24: clusters.c.connection.port: found the number 70000; expected a number from"
                + " 1 to 65535"),
        cluster(
            "connection: {password: secret}",
            "t.yaml:5:18: clusters.c.connection.password: unknown key; expected one of"
                + " connect-timeout, database, host, passfile, password-file, port, sslcert, sslkey,"
                + " sslmode, sslrootcert, statement-timeout, user"),
        cluster(
            "connection: {password-file: /a, passfile: /b}",
            "t.yaml:5:47: clusters.c.connection.passfile: found passfile beside password-file;"
                + " expected one of the two"),
        cluster(
            "connection: {password-file: hunter2}",
            "t.yaml:5:33: clusters.c.connection.password-file: found what is not shown, as it may be"
                + " a secret; expected the absolute path of a file that holds the secret"),
        repository(
            "type: s3\nbucket: bucket\nendpoint: https://user:hunter2@s3.example.org",
            "t.yaml:6:15: repositories.r.endpoint: found what is not shown, as it may be a secret;"
                + " expected a URL such as https://s3.example.org:9000"),
        cluster(
            "connection: {sslmode: verify-ful}",
            "t.yaml:5:27: clusters.c.connection.sslmode: found \"verify-ful\"; expected one of"
                + " disable, allow, prefer, require, verify-ca, verify-full; did you mean"
                + " \"verify-full\"?"),
        cluster(
            "connection: {sslmode: verify-full}",
            "t.yaml:5:5: clusters.c.connection.sslrootcert: found no certificate with sslmode:"
                + " verify-full; expected the certificate that signs the server's"),
        cluster(
            "backup: {schedule: \"0 2 * * *\"}",
            "t.yaml:5:24: clusters.c.backup.schedule: found \"0 2 * * *\"; expected a Quartz cron"
                + " expression of 6 or 7 fields (second minute hour day month weekday [year]) such"
                + " as \"0 0 2 * * ?\", or none"),
        cluster(
            "backup: {from: standby}",
            "t.yaml:5:5: clusters.c.backup.standby: found none with from: standby; expected the"
                + " standby's connection; what it leaves out is taken from connection:"),
        cluster(
            "backup: {from: standby, standby: {prt: 5433}}",
            "t.yaml:5:39: clusters.c.backup.standby.prt: unknown key; expected one of"
                + " connect-timeout, database, host, passfile, password-file, port, sslcert, sslkey,"
                + " sslmode, sslrootcert, statement-timeout, user; did you mean \"port\"?"),
        cluster(
            "retention: {fulls: 0, recovery-window: -1d}",
            "t.yaml:5:24: clusters.c.retention.fulls: found the number 0; expected a number from 1"
                + " to 10000",
            "t.yaml:5:44: clusters.c.retention.recovery-window: found \"-1d\"; expected a duration"
                + " such as 500ms, 1s, 15m, 4h or 7d"),
        cluster(
            "retention: [7d]",
            "t.yaml:5:16: clusters.c.retention: found a list; expected a section: keys, indented"
                + " below it"),
        repository(
            "type: posix", "t.yaml:3:3: repositories.r.path: missing; expected an absolute path"),
        repository(
            "path: /b\n", "t.yaml:3:3: repositories.r.type: missing; expected one of posix, s3"),
        repository(
            "type: posix\npath: /b\nbucket: b",
            "t.yaml:6:5: repositories.r.bucket: unknown key; expected one of bandwidth-limit,"
                + " compression, encryption, path, retry, type"),
        repository(
            "type: s3\nbucket: B\nprefix: a/../b\nendpoint: s3.example.org",
            "t.yaml:5:13: repositories.r.bucket: found \"B\"; expected a bucket name of 3 to 63"
                + " characters a-z, 0-9, . and -",
            "t.yaml:6:13: repositories.r.prefix: found \"a/../b\"; expected names of A-Z, a-z, 0-9,"
                + " ., _, = and -, separated by /",
            "t.yaml:7:15: repositories.r.endpoint: found \"s3.example.org\"; expected a URL such as"
                + " https://s3.example.org:9000"),
        repository(
            "type: s3\nbucket: bucket\nsecret-access-key-file: /s\nkms-key-id: k",
            "t.yaml:3:3: repositories.r.access-key-id-file: found secret-access-key-file without it;"
                + " expected both or neither",
            "t.yaml:7:17: repositories.r.kms-key-id: found a key with server-side-encryption: none;"
                + " expected it only with server-side-encryption: sse-kms"),
        repository(
            "type: posix\npath: /b\ncompression: zst\nbandwidth-limit: 50MiB",
            "t.yaml:6:18: repositories.r.compression: found \"zst\"; expected one of zstd, lz4, none;"
                + " did you mean \"zstd\"?",
            "t.yaml:7:22: repositories.r.bandwidth-limit: found \"50MiB\"; expected a rate such as"
                + " 50MiB/s"),
        repository(
            "type: posix\npath: /b\ncompression: {algorithm: lz4, level: 3}\nretry: {total: 2d}",
            "t.yaml:6:42: repositories.r.compression.level: found the number 3; expected no level:"
                + " only zstd has one",
            "t.yaml:7:20: repositories.r.retry.total: found 2d; expected a duration from 1s to 1h"),
        Arguments.of(
            "repositories: {main: {type: posix, path: /b}}\nclusters:\n  c: {repository: mian}\n",
            List.of(
                "t.yaml:3:19: clusters.c.repository: found \"mian\", which is no repository of this"
                    + " file; expected one of main; did you mean \"main\"?")),
        Arguments.of(
            "repositories: {r: {type: posix, path: /b}}\nclusters:\n  Main DB: {repository: r}\n",
            List.of(
                "t.yaml:3:3: clusters.Main DB: found the name \"Main DB\"; expected a name of 1 to 40"
                    + " characters from a-z, 0-9, - and _ that begins with a letter or digit")),
        Arguments.of(
            """
            repositories: {r: {type: posix, path: /b}}
            clusters:
              a: {repository: r, archive: {slot: s}}
              b: {repository: r, archive: {slot: s}}
            """,
            List.of(
                "t.yaml:4:38: clusters.b.archive.slot: found \"s\", which another cluster uses on the"
                    + " same server; expected a slot of its own")),
        Arguments.of(
            """
            repositories: {r: {type: posix, path: /b}}
            clusters: {c: {repository: r, archive: {enabled: false}}}
            replicas:
              x: {cluster: c, kind: delayed, delay: 4h, directory: /x, port: 1}
            """,
            List.of(
                "t.yaml:4:3: replicas.x.slot: found none, and c is not archived; expected a slot, or"
                    + " archive.enabled: true")),
        Arguments.of(
            "# nothing\n", List.of("t.yaml: found an empty file; expected a configuration")),
        Arguments.of(
            "- clusters\n",
            List.of("t.yaml:1:1: found a list; expected sections such as clusters:")));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void saysWhereWhatWasFoundAndWhatWasExpected(String yaml, List<String> problems) {
    ConfigException e = refusal(yaml);

    assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID);
    List<String> found = e.problems().stream().map(Problem::toString).toList();
    assertThat(found).containsExactlyElementsOf(problems);
  }

  @Test
  void listsAllProblemsInTheOrderOfTheFile() {
    ConfigException e =
        refusal(
            """
            clusters:
              a: {repository: x, archive: {rpo: 1}}
              b: {repository: y}
            repositories:
              z: {type: posix}
            """);

    assertThat(e)
        .hasMessage(
            """
            found 4 problems in t.yaml, expected none:
              t.yaml:2:19: clusters.a.repository: found "x", which is no repository of this file; expected one of z; did you mean "z"?
              t.yaml:2:37: clusters.a.archive.rpo: found the number 1; expected a duration such as 500ms, 1s, 15m, 4h or 7d
              t.yaml:3:19: clusters.b.repository: found "y", which is no repository of this file; expected one of z; did you mean "z"?
              t.yaml:5:3: repositories.z.path: missing; expected an absolute path""");
    assertThat(e.hint()).isEqualTo("correct the file, then run: tidemark check --config t.yaml");
  }

  @Test
  void aTagMakesNoObject() {
    ConfigException e = refusal(GOOD + "log: !!java.net.URLClassLoader [a]\n");

    assertThat(e.problems()).extracting(Problem::found).containsExactly("found a list");
  }

  @Test
  void deepNestingIsRefused() {
    ConfigException e = refusal(GOOD + "log: " + "[".repeat(1000));

    assertThat(e).hasMessageContaining("nesting depth");
  }

  @Test
  void aFileThatIsMissingOrTooLargeOrNotTextIsNamed(@TempDir Path directory) throws IOException {
    Path large = Files.writeString(directory.resolve("l"), "#".repeat((1 << 20) + 1));
    Path bytes = Files.write(directory.resolve("b"), new byte[] {(byte) 0xff});

    assertThat(catchThrowableOfType(ConfigException.class, () -> Configuration.load(large)))
        .hasMessageContaining(large + ": found more than 1 MiB; expected a file of at most 1 MiB");
    assertThat(catchThrowableOfType(ConfigException.class, () -> Configuration.load(bytes)))
        .hasMessageContaining(bytes + ": found bytes that are not UTF-8; expected UTF-8 text");
    assertThat(
            catchThrowableOfType(
                ConfigException.class, () -> Configuration.load(directory.resolve("none"))))
        .hasMessageContaining("NoSuchFileException")
        .extracting(TidemarkException::hint)
        .isEqualTo("name the configuration with --config FILE");
  }

  @Test
  void nearNamesAreSuggestedAndFarOnesNot() {
    List<String> words = List.of("recovery-window", "fulls", "rpo");

    assertThat(Nearest.suggestion("recovery_window", words))
        .isEqualTo("did you mean \"recovery-window\"?");
    assertThat(Nearest.suggestion("RPO", words)).isEqualTo("did you mean \"rpo\"?");
    assertThat(Nearest.suggestion("flals", words)).isEmpty();
    assertThat(Nearest.suggestion("x".repeat(5000), words)).isEmpty();
  }

  private static ConfigException refusal(String yaml) {
    ConfigException e =
        catchThrowableOfType(ConfigException.class, () -> Configuration.parse(FILE, yaml));
    assertThat(e).as(yaml.getBytes(StandardCharsets.UTF_8).length + " bytes").isNotNull();
    return e;
  }
}
