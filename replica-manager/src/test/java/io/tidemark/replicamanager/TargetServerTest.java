package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TargetServerTest {
  @Test
  void readsTheWordsOfLibpq() {
    TargetServer server =
        TargetServer.parse("host=db1 port = 5433 dbname='a shop\\'s' user=postgres");

    assertThat(server.environment())
        .containsEntry("PGHOST", "db1")
        .containsEntry("PGPORT", "5433")
        .containsEntry("PGDATABASE", "a shop's")
        .containsEntry("PGUSER", "postgres");
    assertThat(server).hasToString("db1:5433/a shop's");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "host=db1 password=secret",
        "host=db1 nonsense=1",
        "host=db1 dbname='open",
        "host=db1 port=many"
      })
  void refusesWhatItDoesNotKnowAndPasswordsThatAProcessListShows(String text) {
    assertThatThrownBy(() -> TargetServer.parse(text))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
  }

  @Test
  void tellsAServerFromAFile() {
    assertThat(TargetServer.isOne("host=db1 dbname=shop")).isTrue();
    assertThat(TargetServer.isOne("/tmp/host=x.dump")).isFalse();
    assertThat(TargetServer.isOne("orders.dump")).isFalse();
  }

  @Test
  void readsNamesOfTablesAsSqlDoes() {
    assertThat(TableName.parse("shop.Public.Orders"))
        .isEqualTo(new TableName(Optional.of("shop"), "public", "orders"));
    assertThat(TableName.parse("\"My.Schema\".\"a \"\"b\"\"\"").quoted())
        .isEqualTo("\"My.Schema\".\"a \"\"b\"\"\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"orders", "a.b.c.d", "a.", ".a", "", "a.\"b"})
  void refusesWhatIsNoName(String text) {
    assertThatThrownBy(() -> TableName.parse(text))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
  }
}
