package io.tidemark.analytics;

import static io.tidemark.analytics.Masking.masked;
import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskNetworkTest {
  @ParameterizedTest
  @CsvSource({
    "network 16, inet, 10.1.2.3, 10.1.0.0/16",
    "network 16, inet, 10.1.2.3/16, 10.1.0.0/16",
    "network 16, inet, 10.1.2.3/8, 10.0.0.0/8",
    "network 16, inet, 10.1.2.3/0, 0.0.0.0/0",
    "network 24, inet, 255.255.255.255/30, 255.255.255.0/24",
    "network 32, inet, 10.1.2.3, 10.1.2.3",
    "network 32, cidr, 10.1.2.3/32, 10.1.2.3/32",
    "network 8, cidr, 10.1.0.0/16, 10.0.0.0/8",
    "network 16, inet, 2001:db8:1:2::3, 2001:db8:1::/48",
    "network 16, inet, 2001:db8:1:2::3/32, 2001:db8::/32",
    "network 16, inet, 2001:db8:ffff::1/45, 2001:db8:fff8::/45",
    "network 16, inet, 2001::1, 2001::/48",
    "network 16, inet, 0:0:1::1, 0:0:1::/48",
    "network 16, inet, ::1, ::/48",
    "network 16, inet, ::ffff:10.1.2.3, ::/48",
    "network 16, inet, ::10.1.2.3/128, ::/48",
    "network 16, inet, ::/0, ::/0",
    "network 16, inet, 10.1.2.256,",
    "network 16, inet, 10.1.2,",
    "network 16, inet, 10.1.2.3/33,",
    "network 16, inet, 2001:db8::1::2,",
    "network 16, inet, localhost,"
  })
  void networkNeverKeepsALongerPrefixThanAskedFor(
      String mask, String type, String value, @Nullable String network) {
    assertThat(masked(mask, type, value)).isEqualTo(network);
  }
}
