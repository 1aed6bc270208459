package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TypeWidthTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bigint                | integer               | true",
        "numeric               | smallint              | true",
        "integer               | bigint                | false",
        "character varying(20) | character varying(5)  | true",
        "character varying(5)  | character varying(20) | false",
        "character varying(5)  | character varying     | false",
        "character varying     | character varying(5)  | true",
        "text                  | character varying(5)  | true",
        "character varying     | text                  | false",
        "text                  | integer               | false",
        "numeric(12,2)         | numeric(10,2)         | true",
        "numeric(12,4)         | numeric(10,2)         | false",
        "numeric               | numeric(10,2)         | true",
        "numeric(10,2)         | numeric               | false",
        "numeric(10,2)         | bigint                | false",
        "double precision      | real                  | false",
        "text                  | text                  | true"
      })
  void aTypeHoldsWhatItPrintsAlike(String wide, String narrow, boolean holds) {
    assertThat(TypeWidth.holds(wide, narrow)).isEqualTo(holds);
  }
}
