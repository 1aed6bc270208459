package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tidemark.config.ConnectionSettings.SslMode;
import io.tidemark.testing.OsUser;
import io.tidemark.testing.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TlsTest {
  private static final Timeline ONE = new Timeline(1);

  @Test
  // Closing in the middle is part of what is tested.
  @SuppressWarnings("try")
  void streamsOverTlsThoughTheBytesComeInDribsAndDrabs() throws Exception {
    try (TestCluster cluster = Clusters.builder(18).create()) {
      Tls tls = encrypt(cluster);
      try (Proxy proxy = new Proxy(Clusters.hostPort(cluster));
          ReplicationConnection connection =
              ReplicationConnection.open(
                  Clusters.endpoint(cluster)
                      .withHosts(List.of(proxy.address()), PostgresEndpoint.Target.PRIMARY)
                      .withTls(tls))) {
        assertThat(
                cluster.value("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_replication USING (pid)"))
            .isEqualTo("t");
        Lsn start =
            WalSegment.containing(ONE, connection.identity().flushed(), WalSegmentSize.DEFAULT)
                .start();
        WalStream stream = connection.startPhysical(Optional.empty(), start, ONE);
        WalReading reading = new WalReading(stream, start);
        reading.until(connection.identity().flushed());
        proxy.dribble(701);
        cluster.sql("CREATE TABLE t AS SELECT generate_series(1, 2000)");
        Lsn end = Lsn.parse(cluster.value("SELECT pg_current_wal_flush_lsn()"));
        while (reading.end().isBefore(end)) {
          reading.step(Duration.ofMillis(1));
        }
        stream.sendStatus(end, end, end, false);
        await()
            .until(
                () ->
                    cluster
                        .value("SELECT flush_lsn FROM pg_stat_replication")
                        .equals(end.toString()));
        Thread reader = Thread.startVirtualThread(() -> readUntilClosed(stream));
        connection.close();
        await().until(() -> !reader.isAlive());
      }
    }
  }

  @Test
  void refusesAServerThatNobodyVouchesFor() throws Exception {
    try (TestCluster cluster = Clusters.builder(18).create();
        TestCluster other = Clusters.builder(18).create()) {
      encrypt(cluster);
      Tls wrong = encrypt(other);
      assertThatThrownBy(
              () -> ReplicationConnection.open(Clusters.endpoint(cluster).withTls(wrong)))
          .isInstanceOf(PostgresException.class);
    }
  }

  private static void readUntilClosed(WalStream stream) {
    try {
      while (true) {
        stream.poll(Duration.ofSeconds(20));
      }
    } catch (PostgresException e) {
      assertThat(e.sqlState()).isEqualTo("08006");
    }
  }

  /** Gives the cluster a certificate of its own, starts it, and returns how to verify it. */
  private static Tls encrypt(TestCluster cluster)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = cluster.data().resolve("store.p12");
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    Process made =
        new ProcessBuilder(
                List.of(
                    keytool.toString(),
                    "-genkeypair",
                    "-alias",
                    "server",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=127.0.0.1",
                    "-ext",
                    "SAN=IP:127.0.0.1",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    store.toString(),
                    "-storepass",
                    "changeit"))
            .inheritIO()
            .start();
    assertThat(made.waitFor(60, TimeUnit.SECONDS)).isTrue();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "changeit".toCharArray());
    }
    Path certificate = cluster.data().resolve("server.crt");
    pem(certificate, "CERTIFICATE", keys.getCertificate("server").getEncoded());
    Key key = keys.getKey("server", "changeit".toCharArray());
    pem(cluster.data().resolve("server.key"), "PRIVATE KEY", key.getEncoded());
    OsUser.own(cluster.data());
    cluster.configure(Map.of("ssl", "on"));
    cluster.start();
    return new Tls(
        SslMode.VERIFY_FULL, Optional.of(certificate), Optional.empty(), Optional.empty());
  }

  private static void pem(Path file, String kind, byte[] bytes) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, body, kind));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }
}
