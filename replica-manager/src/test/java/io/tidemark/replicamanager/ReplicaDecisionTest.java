package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ReplicaDecisionTest {
  @Test
  void hasAWordForEveryKindThatIsItsName() {
    assertThat(Arrays.stream(ReplicaDecision.class.getPermittedSubclasses()))
        .extracting(
            kind ->
                kind.getSimpleName().replaceAll("(?<=.)(?=[A-Z])", "-").toLowerCase(Locale.ROOT))
        .containsExactlyElementsOf(ReplicaDecision.WORDS);
    assertThat(new ReplicaDecision.CatchUpFromArchive("behind").word())
        .isEqualTo("catch-up-from-archive");
  }
}
