package io.tidemark.bench;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as they are written on the command line and in the tables. */
final class ByteSize {
  static final long MIB = 1L << 20;

  private static final Pattern WRITTEN = Pattern.compile("([0-9]{1,6})(KiB|MiB|GiB)");
  private static final List<String> UNITS = List.of("KiB", "MiB", "GiB");

  private ByteSize() {}

  /** IllegalArgumentException for anything but a number with KiB, MiB or GiB. */
  static long parse(String text) {
    Matcher matcher = WRITTEN.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "found " + text + "; expected a size such as 256MiB or 4GiB");
    }
    return Long.parseLong(matcher.group(1)) << (10 * (1 + UNITS.indexOf(matcher.group(2))));
  }

  /** Whole MiB. */
  static String mib(long bytes) {
    return Long.toString(Math.round((double) bytes / MIB));
  }

  /** For example {@code 4.1 GiB}, or {@code 256 MiB} below one GiB. */
  static String spell(long bytes) {
    return bytes < (1L << 30)
        ? mib(bytes) + " MiB"
        : String.format(Locale.ROOT, "%.1f GiB", (double) bytes / (1L << 30));
  }
}
