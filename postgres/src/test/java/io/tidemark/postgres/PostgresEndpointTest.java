package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ConnectionSettings;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresEndpointTest {
  @ParameterizedTest
  @CsvSource({
    "db.example, db.example, 5432",
    "db.example:6000, db.example, 6000",
    "[::1]:6000, ::1, 6000",
    "[::1], ::1, 5432",
    "::1, ::1, 5432"
  })
  void readsHostAndPort(String text, String host, int port) {
    assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port));
    assertThat(HostPort.parse(HostPort.parse(text).toString())).isEqualTo(HostPort.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":5432", "host:", "host:0", "host:65536", "host:x", "/tmp"})
  void refusesWhatIsNotAHostAndPort(String text) {
    assertThatThrownBy(() -> HostPort.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Slot", "a-b", "a;DROP", "a\"b", "ä"})
  void refusesWhatIsNotASlotsName(String name) {
    assertThatThrownBy(() -> new SlotName(name)).isInstanceOf(IllegalArgumentException.class);
    assertThat(new SlotName("x".repeat(63)).name()).hasSize(63);
    assertThatThrownBy(() -> new SlotName("x".repeat(64)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void takesOverWhatTheConfigurationSays() {
    PostgresEndpoint endpoint =
        PostgresEndpoint.of(
            ConnectionSettings.defaults(), PostgresEndpoint.Target.PRIMARY, "archiver");
    assertThat(endpoint.hosts()).containsExactly(new HostPort("localhost", 5432));
    assertThat(endpoint.target()).isEqualTo(PostgresEndpoint.Target.PRIMARY);
    assertThat(endpoint.applicationName()).isEqualTo("archiver");
    assertThat(endpoint.statementTimeout()).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void findsThePasswordInAPassfileByItsFirstMatchingLine() {
    List<String> lines =
        List.of(
            "# host:port:database:user:password",
            "other:5432:*:me:no",
            "db:5432:app\\:1:me:sec\\:ret\\\\",
            "*:*:*:me:default");
    HostPort db = new HostPort("db", 5432);
    assertThat(PassFileLine.find(lines, db, "app:1", "me")).contains("sec:ret\\");
    assertThat(PassFileLine.find(lines, db, "replication", "me")).contains("default");
    assertThat(PassFileLine.find(lines, db, "app:1", "you")).isEmpty();
  }
}
