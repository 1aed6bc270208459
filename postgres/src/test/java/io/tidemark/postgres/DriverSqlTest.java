package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Question marks in SQL. */
final class DriverSqlTest {
  @Test
  void tellsAnOperatorFromAParameterOfTheDrivers() {
    assertThat(DriverSql.withoutParameters("a ? 'b?' AND \"c?\" ?| 'it''s?'"))
        .isEqualTo("a ?? 'b?' AND \"c?\" ??| 'it''s?'");
  }
}
