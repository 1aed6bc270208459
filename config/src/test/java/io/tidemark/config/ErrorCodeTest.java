package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {

  @Test
  void everyCodeIsItsOwnAndNoneReachesTheShellsCodesForSignals() {
    assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::exitCode))
        .doesNotHaveDuplicates()
        .allSatisfy(code -> assertThat(code).isBetween(2, 130));
  }
}
