package io.tidemark.daemon;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** What a person knows better than a plan can measure. */
final class PlanOptions {
  private static final Pattern RATE =
      Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,3})?)\\s*(B|KB|MB|GB|KIB|MIB|GIB)?(?:/S)?");

  OptionalLong rate = OptionalLong.empty();
  OptionalLong walRate = OptionalLong.empty();
  OptionalLong applyRate = OptionalLong.empty();

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      description = "At which the source is copied, such as 50MB/s (default: measured).")
  void setRate(String text) {
    rate = parse(text);
  }

  @Option(
      names = "--wal-rate",
      paramLabel = "RATE",
      description = "At which it writes WAL meanwhile (default: that of three seconds now).")
  void setWalRate(String text) {
    walRate = parse(text);
  }

  @Option(
      names = "--apply-rate",
      paramLabel = "RATE",
      description = "WAL per second whose changes can be applied (default: not known).")
  void setApplyRate(String text) {
    applyRate = parse(text);
  }

  /** Bytes per second. */
  static OptionalLong parse(String text) {
    Matcher found = RATE.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (!found.matches() || Double.parseDouble(found.group(1)) == 0) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "\"%s\" is no rate; expected one such as 50MB/s".formatted(text),
          "units are B, kB, MB, GB, KiB, MiB, GiB, each per second");
    }
    String unit = found.group(2) == null ? "B" : found.group(2);
    long factor =
        switch (unit) {
          case "KB" -> 1_000;
          case "MB" -> 1_000_000;
          case "GB" -> 1_000_000_000;
          case "KIB" -> 1 << 10;
          case "MIB" -> 1 << 20;
          case "GIB" -> 1 << 30;
          default -> 1;
        };
    return OptionalLong.of(Math.max(1, (long) (Double.parseDouble(found.group(1)) * factor)));
  }
}
