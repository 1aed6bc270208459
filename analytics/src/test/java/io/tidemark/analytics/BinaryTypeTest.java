package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.TestCluster;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What PostgreSQL's catalog says of the types. */
final class BinaryTypeTest {
  @ParameterizedTest
  @ValueSource(ints = {15, 16, 17, 18})
  void theCatalogHasThemUnderTheirNumbersWithSendAndReceiveFunctions(int major) {
    String oids =
        Arrays.stream(BinaryType.values())
            .map(type -> String.valueOf(type.oid()))
            .collect(Collectors.joining(","));
    try (TestCluster cluster = TestCluster.start(major)) {
      List<String> found =
          Arrays.stream(
                  cluster
                      .value(
                          "SELECT string_agg(concat_ws('/', oid, typarray, CASE oid WHEN 1042 THEN"
                              + " 'character' WHEN 1560 THEN 'bit' ELSE format_type(oid, NULL) END),"
                              + " ';' ORDER BY oid) FROM pg_type WHERE oid IN (%s) AND typsend <> 0"
                                  .formatted(oids)
                              + " AND typreceive <> 0 AND typcategory <> 'A'")
                      .split(";", -1))
              .toList();
      assertThat(found)
          .containsExactlyInAnyOrderElementsOf(
              Arrays.stream(BinaryType.values())
                  .map(type -> type.oid() + "/" + type.arrayOid() + "/" + type.printed())
                  .toList());
    }
  }

  @Test
  void modifiersMakeNoOtherType() {
    assertThat(BinaryType.named("character(10)")).contains(BinaryType.BPCHAR);
    assertThat(BinaryType.named("bpchar")).contains(BinaryType.BPCHAR);
    assertThat(BinaryType.named("\"char\"")).contains(BinaryType.CHAR);
    assertThat(BinaryType.named("\"bit\"")).contains(BinaryType.BIT);
    assertThat(BinaryType.named("numeric(3,-2)")).contains(BinaryType.NUMERIC);
    assertThat(BinaryType.named("timestamp(3) with time zone")).contains(BinaryType.TIMESTAMPTZ);
    assertThat(BinaryType.named("interval day to second(2)")).contains(BinaryType.INTERVAL);
    assertThat(BinaryType.named("integer[]")).isEmpty();
    assertThat(BinaryType.named("public.citext")).isEmpty();
  }
}
