package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfirmationTest {
  private final ByteArrayOutputStream asked = new ByteArrayOutputStream();

  private Confirmation answering(String answer, boolean terminal) {
    return new Confirmation(
        new BufferedReader(new StringReader(answer)),
        new PrintStream(asked, true, StandardCharsets.UTF_8),
        terminal);
  }

  @Test
  void goesOnWhereItIsConfirmed() {
    assertThatCode(() -> answering("yes\n", true).require(false, "Drop it?"))
        .doesNotThrowAnyException();
    assertThat(asked.toString(StandardCharsets.UTF_8)).isEqualTo("Drop it? Type yes to go on: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "y\n", "no\n", "\n"})
  void doesNothingOnAnyOtherAnswer(String answer) {
    assertThatThrownBy(() -> answering(answer, true).require(false, "Drop it?"))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERRUPTED))
        .hasMessageContaining("nothing was done");
  }

  @Test
  void asksNobodyWhoIsNotThere() {
    assertThatThrownBy(() -> answering("yes\n", false).require(false, "Drop it?"))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
              assertThat(e.hint()).contains("--yes");
            });
    assertThat(asked.size()).isZero();
  }

  @Test
  void asksNothingOfAScript() {
    assertThatCode(() -> answering("", false).require(true, "Drop it?")).doesNotThrowAnyException();
    assertThat(asked.size()).isZero();
  }
}
