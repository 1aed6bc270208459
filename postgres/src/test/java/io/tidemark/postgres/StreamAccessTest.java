package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;
import org.postgresql.core.PGStream;
import org.postgresql.core.QueryExecutorBase;
import org.postgresql.core.StreamAccess;
import org.postgresql.core.v3.QueryExecutorImpl;
import org.postgresql.jdbc.PgConnection;

/** What {@link StreamAccess} and {@link ProtocolChannel} take for granted of the driver. */
class StreamAccessTest {
  @Test
  void theDriversInternalsAreWhereTheyWere() throws ReflectiveOperationException {
    var field = QueryExecutorBase.class.getDeclaredField("pgStream");
    assertThat(field.getType()).isEqualTo(PGStream.class);
    assertThat(Modifier.isPrivate(field.getModifiers())).isFalse();
    assertThat(QueryExecutorBase.class).isAssignableFrom(QueryExecutorImpl.class);
    assertThat(PgConnection.class.getMethod("getQueryExecutor")).isNotNull();
    for (String name : new String[] {"getSocket", "hasMessagePending", "receiveChar"}) {
      assertThat(PGStream.class.getMethod(name)).isNotNull();
    }
    assertThat(PGStream.class.getMethod("receiveInteger4").getReturnType()).isEqualTo(int.class);
    assertThat(PGStream.class.getMethod("receive", int.class)).isNotNull();
    assertThat(StreamAccess.class.getPackageName())
        .isEqualTo(QueryExecutorBase.class.getPackageName());
  }
}
