package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TableNameTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "public,orders,public.orders",
        "public,a.b,public.a.b",
        "my.schema,a.b,\"my.schema\".a.b",
        "a\"b,\"c\",\"a\"\"b\".\"c\"",
      })
  void isReadAsItIsWritten(String schema, String table, String text) {
    TableName name = new TableName(schema, table);
    assertThat(name).hasToString(text);
    assertThat(TableName.parse(text)).isEqualTo(name);
  }

  @Test
  void aNameWithoutASchemaIsRefused() {
    assertThatThrownBy(() -> TableName.parse("orders"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("public.orders");
  }
}
