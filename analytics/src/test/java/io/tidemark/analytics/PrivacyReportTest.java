package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.analytics.PrivacyRow.EnforcedBy;
import io.tidemark.config.MaskSettings;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrivacyReportTest {
  private static PrivacyColumn column(
      String type, boolean inConfig, @Nullable String mask, String index, @Nullable Boolean sent) {
    Optional<MaskSettings> settings = Optional.ofNullable(mask).map(Masking::settings);
    return new PrivacyColumn(
        "always",
        "public",
        "customers",
        "email",
        type,
        inConfig,
        settings,
        !index.equals("none"),
        index.equals("key"),
        Optional.ofNullable(sent),
        Optional.empty());
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        // in config, mask, index, published: leaves, how, enforced by, warns, violates
        "false, -,         none,   false, false, excluded,  PUBLICATION_COLUMN_LIST, false, false",
        "false, -,         none,   -,     false, excluded,  NOT_SELECTED,            false, false",
        "false, -,         none,   true,  true,  as it is,  NOTHING,                 false, true",
        "true,  -,         none,   true,  true,  as it is,  NOTHING,                 false, false",
        "true,  -,         none,   -,     true,  as it is,  NOTHING,                 false, false",
        "true,  -,         none,   false, false, excluded,  PUBLICATION_COLUMN_LIST, false, true",
        "true,  drop,      none,   false, false, excluded,  PUBLICATION_COLUMN_LIST, false, false",
        "true,  drop,      none,   -,     false, excluded,  NOT_SELECTED,            false, false",
        "true,  drop,      unique, true,  true,  as it is,  NOTHING,                 false, true",
        "true,  pseudonym, none,   true,  true,  pseudonym, MASK,                    false, false",
        "true,  pseudonym, unique, true,  true,  pseudonym, MASK,                    false, false",
        "true,  pseudonym, key,    true,  true,  pseudonym, MASK,                    false, false",
        "true,  keep-domain, unique, true, true, keep-domain, MASK,                  true,  false",
        "true,  keep-domain, unique, -,   true,  keep-domain, MASK,                  true,  false",
        "true,  keep-domain, unique, false, false, excluded, PUBLICATION_COLUMN_LIST, true, true",
        "true,  keep-domain, key,  true,  true,  keep-domain, MASK,                  false, true",
        "true,  round 10,  none,   true,  true,  round 10,  MASK,                    false, true"
      })
  void saysOfAColumnWhatLeavesAndHow(
      boolean inConfig,
      @Nullable String mask,
      String index,
      @Nullable Boolean published,
      boolean leaves,
      String how,
      EnforcedBy enforcedBy,
      boolean warns,
      boolean violates) {
    PrivacyReport report =
        PrivacyReport.of(List.of(column("text", inConfig, mask, index, published)));
    PrivacyRow row = report.rows().getFirst();
    assertThat(row.leaves()).isEqualTo(leaves);
    assertThat(row.how()).isEqualTo(how);
    assertThat(row.enforcedBy()).isEqualTo(enforcedBy);
    assertThat(row.warning().isPresent()).isEqualTo(warns);
    assertThat(report.violations()).hasSize(violates ? 1 : 0);
  }

  @Test
  void saysWhatWasFoundAndWhatWasExpected() {
    PrivacyReport report =
        PrivacyReport.of(
            List.of(
                column("text", false, null, "none", true),
                column("text", true, null, "none", false),
                column("text", true, "round 10", "none", true),
                column("text", true, "keep-domain", "key", true),
                column("text", true, "keep-domain", "unique", true)));
    assertThat(report.rows()).allMatch(row -> row.table().equals("public.customers"));
    assertThat(report.violations().stream().map(row -> row.violation().orElse("")))
        .satisfiesExactly(
            found -> assertThat(found).startsWith("found it in the publication; expected it excl"),
            found -> assertThat(found).startsWith("found it missing in the publication; expected"),
            found -> assertThat(found).startsWith("found the mask round 10 on a column of type te"),
            found -> assertThat(found).contains("a column of the key", "expected pseudonym"));
    assertThat(report.rows().getLast().warning())
        .contains(
            "is under a unique index, and values may be equal after the mask keep-domain:"
                + " the index is not made in the target");
    assertThat(EnforcedBy.PUBLICATION_COLUMN_LIST.text()).isEqualTo("publication column list");
  }

  @Test
  void whatTheTargetKeepsOfAColumnThatIsExcludedIsAViolation() {
    String drop = "ALTER TABLE \"school\".\"customers\" DROP COLUMN \"email\"";
    PrivacyColumn column =
        new PrivacyColumn(
            "always",
            "public",
            "customers",
            "email",
            "text",
            false,
            Optional.empty(),
            false,
            false,
            Optional.of(false),
            Optional.of(drop));
    PrivacyRow row = PrivacyReport.of(List.of(column)).violations().getFirst();
    assertThat(row.leaves()).isFalse();
    assertThat(row.violation().orElseThrow())
        .isEqualTo("found it in the target, from former times; expected it gone: " + drop);
  }

  @Test
  void aMaskOfAColumnThatIsNotNamedIsRefused() {
    assertThatThrownBy(() -> column("text", false, "null", "none", true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found a mask of public.customers.email");
  }
}
