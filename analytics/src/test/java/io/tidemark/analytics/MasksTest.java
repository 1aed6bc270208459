package io.tidemark.analytics;

import static io.tidemark.analytics.Masking.apply;
import static io.tidemark.analytics.Masking.function;
import static io.tidemark.analytics.Masking.masked;
import static io.tidemark.analytics.Masking.settings;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MasksTest {
  private static final String[][] ALL = {
    {"null", "text"},
    {"constant x", "text"},
    {"pseudonym", "text"},
    {"pseudonym", "uuid"},
    {"pseudonym", "character(9)"},
    {"truncate-date month", "date"},
    {"truncate-date week", "timestamp without time zone"},
    {"truncate-date hour", "timestamp with time zone"},
    {"keep-domain", "text"},
    {"keep-prefix 3", "text"},
    {"round 7", "smallint"},
    {"round 7", "integer"},
    {"round 7", "bigint"},
    {"round 7", "numeric"},
    {"round 7", "real"},
    {"round 7", "double precision"},
    {"network 24", "inet"},
    {"network 24", "cidr"}
  };

  @Test
  void nullStaysNullInEveryMask() {
    for (String[] mask : ALL) {
      assertThat(masked(mask[0], mask[1], null)).as(String.join(" on ", mask)).isNull();
    }
  }

  @Test
  void nullAndConstantAreAlikeForAllValues() {
    assertThat(masked("null", "text", "a")).isNull();
    assertThat(masked("constant a b", "text", "")).isEqualTo("a b");
    assertThat(masked("constant 7", "integer", "12")).isEqualTo("7");
  }

  @Test
  void aPseudonymIsTheHmacOfTheTextWhateverTheTypeAndTable() {
    // printf %s value | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
    assertThat(masked("pseudonym", "text", "mary@example.org"))
        .isEqualTo("afc58a386b36c9d8abde06a2b945c58a");
    for (String type : List.of("character varying(80)", "citext", "bigint", "jsonb", "bytea")) {
      assertThat(masked("pseudonym", type, "4711")).isEqualTo(masked("pseudonym", "text", "4711"));
    }
    assertThat(masked("pseudonym", "text", "")).matches("[0-9a-f]{32}");
    assertThat(masked("pseudonym", "text", "Mary"))
        .isNotEqualTo(masked("pseudonym", "text", "mary"));
    assertThat(masked("pseudonym", "character(6)", "ab    "))
        .isEqualTo(masked("pseudonym", "text", "ab"))
        .isNotEqualTo(masked("pseudonym", "text", "ab    "));
  }

  @Test
  void anotherKeyMakesOtherPseudonyms() {
    PseudonymKey other = new PseudonymKey("another key, also of 32 bytes ...".getBytes(UTF_8));
    assertThat(apply(Masks.of(settings("pseudonym"), "text", Optional.of(other)), "a"))
        .isNotEqualTo(masked("pseudonym", "text", "a"));
    assertThat(other.fingerprint()).isNotEqualTo(Masking.KEY.fingerprint());
    assertThatThrownBy(() -> Masks.of(settings("pseudonym"), "text", Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void thePseudonymOfAUuidIsAUuidOfVersion8() {
    String value = "00000000-0000-0000-0000-000000000000";
    String pseudonym = String.valueOf(masked("pseudonym", "uuid", value));
    assertThat(UUID.fromString(pseudonym))
        .hasToString(pseudonym)
        .satisfies(
            uuid -> {
              assertThat(uuid.version()).isEqualTo(8);
              assertThat(uuid.variant()).isEqualTo(2);
            });
    String text = String.valueOf(masked("pseudonym", "text", value));
    assertThat(pseudonym.replace("-", "").substring(0, 12)).isEqualTo(text.substring(0, 12));
  }

  @ParameterizedTest
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "mary@example.org,example.org",
        "a@b@example.org,example.org",
        "mary@Example.ORG,Example.ORG",
        " mary@example.org ,example.org",
        "mary@example.org      ,example.org",
        "mary@münchen.example,münchen.example",
        "mary@localhost,localhost",
        "\"mary smith\"@example.org,example.org",
        "mary,''",
        "'',''",
        "@,''",
        "@mary,''",
        "see @mary,''",
        "a@,''",
        "x@mary smith,''",
        "a@example.org (mary),''",
        "<a@example.org>,''",
        "\"mary@smith\",''",
        "a@[10.1.2.3],''",
        "a@example.org/mary,''"
      })
  void keepDomainKeepsNothingElse(String value, String domain) {
    assertThat(masked("keep-domain", "text", value)).isEqualTo(domain);
  }

  @ParameterizedTest
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = false,
      value = {"abcdef,abc", "ab,ab", "'',''", "äöüß,äöü", "😀😁😂😃,😀😁😂", "a  b,a  "})
  void keepPrefixCountsCharactersNotBytes(String value, String prefix) {
    assertThat(masked("keep-prefix 3", "text", value)).isEqualTo(prefix);
  }

  @Test
  void keepPrefixTakesMoreThanThereIs() {
    assertThat(masked("keep-prefix 999999999", "text", "abc")).isEqualTo("abc");
  }

  @ParameterizedTest
  @CsvSource({
    "pseudonym, bigint, text",
    "pseudonym, uuid, uuid",
    "null, 'numeric(10,2)', 'numeric(10,2)'",
    "constant x, character(3), character(3)",
    "truncate-date day, timestamp(3) with time zone, timestamp with time zone",
    "truncate-date day, date, date",
    "keep-domain, character varying(80), text",
    "keep-prefix 2, character(5), text",
    "round 10, 'numeric(4,2)', numeric",
    "round 10, smallint, smallint",
    "network 24, cidr, cidr",
    "null, 'public.\"odd(3)\"', 'public.\"odd(3)\"'"
  })
  void theTargetHasATypeThatHoldsWhatIsLeft(String mask, String type, String target) {
    assertThat(Masks.targetType(settings(mask), type)).isEqualTo(target);
  }

  @ParameterizedTest
  @CsvSource({
    "truncate-date day, text, 'date, timestamp with or without time zone'",
    "truncate-date day, time without time zone, 'date, timestamp with or without time zone'",
    "round 10, text, 'smallint, integer, bigint, numeric, real or double precision'",
    "round 10, integer[], 'smallint, integer, bigint, numeric, real or double precision'",
    "network 24, text, inet or cidr",
    "keep-domain, bigint, 'text, character varying, character or citext'"
  })
  void aMaskThatDoesNotSuitTheTypeIsRefused(String mask, String type, String expected) {
    assertThat(Masks.refusal(settings(mask), type))
        .contains(
            "found the mask %s on a column of type %s; expected %s"
                .formatted(mask, type, expected));
    assertThatThrownBy(() -> function(mask, type))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID));
  }

  @ParameterizedTest
  @CsvSource({
    "none, integer",
    "40000, smallint",
    "9223372036854775808, bigint",
    "1.5, bigint",
    "x, numeric",
    "1e9, numeric",
    "100.00, 'numeric(4,2)'",
    "1e9, real",
    "yes, boolean",
    "anon, uuid",
    "1.1.2000, date",
    "2000-02-30, date",
    "today, date",
    "2000-01-01, timestamp without time zone",
    "2000-01-01 00:00:00, timestamp with time zone",
    "nowhere, inet",
    "abcd, character varying(3)",
    "ab, character"
  })
  void aConstantThatIsNoValueOfTheTypeIsRefused(String constant, String type) {
    assertThat(Masks.refusal(settings("constant " + constant), type))
        .hasValueSatisfying(
            found ->
                assertThat(found)
                    .startsWith(
                        "found the mask constant " + constant + " on a column of type " + type)
                    .contains("expected a value of that type"));
  }

  @Test
  void onlyPseudonymsKeepDifferentValuesDifferent() {
    for (String[] mask : ALL) {
      assertThat(Masks.isInjective(settings(mask[0]))).isEqualTo(mask[0].equals("pseudonym"));
    }
    assertThat(Masks.isInjective(settings("drop"))).isFalse();
  }

  /** Planted behind and before everything that masks look for. */
  @Test
  void noMaskThrowsOrLetsThroughWhatItShouldTakeAway() {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    String[] pieces = {
      "@",
      " ",
      "-",
      ".",
      ":",
      "/",
      "+00",
      " BC",
      "1",
      "2026-11-27",
      "17:03:25",
      "NaN",
      "e9",
      "\n",
      "ä",
      "😀",
      "\u0000",
      "infinity",
      "99999999",
      "::",
      "10.1.2.3",
      "\"",
      "<",
      "example.org"
    };
    String planted = "Planted";
    for (int round = 0; round < 5_000; round++) {
      StringBuilder value = new StringBuilder();
      int local = random.nextInt(4);
      for (int i = 0; i <= 4; i++) {
        value.append(i == local ? planted : "").append(pieces[random.nextInt(pieces.length)]);
      }
      if (random.nextBoolean()) {
        value.append("@example.org");
      }
      for (String[] mask : ALL) {
        String masked = masked(mask[0], mask[1], value.toString());
        boolean behindTheLastAt = value.lastIndexOf("@") < value.indexOf(planted);
        if (mask[0].equals("keep-domain") && behindTheLastAt) {
          continue;
        }
        if (masked != null) {
          assertThat(masked).as("%s on %s of %s", mask[0], mask[1], value).doesNotContain(planted);
        }
      }
    }
  }

  @Test
  void aMillionPseudonyms() {
    MaskFunction pseudonym = function("pseudonym", "text");
    byte[] value = "00000000-0000-4000-8000-000000000000".getBytes(UTF_8);
    long bytes = 0;
    long start = System.nanoTime();
    for (int i = 0; i < 1_000_000; i++) {
      value[24 + i % 12] = (byte) ('0' + i % 10);
      byte[] masked = pseudonym.apply(value);
      bytes += masked == null ? 0 : masked.length;
    }
    System.out.printf("a million pseudonyms took %d ms%n", (System.nanoTime() - start) / 1_000_000);
    assertThat(bytes).isEqualTo(32_000_000);
  }
}
