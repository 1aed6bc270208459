package io.tidemark.testing;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Makes the personal values of an {@link AnalyticsWorkload}. Each contains a token that begins with
 * the workload's prefix ({@code pii} and 16 hexadecimal digits of the seed), which occurs nowhere
 * else.
 */
final class AnalyticsPersonalValues {
  private static final int SAMPLE = 1000;
  private static final long ODD = 0x9E37_79B9_7F4A_7C15L;

  private final String prefix;
  private final BlockingQueue<String> sample = new ArrayBlockingQueue<>(SAMPLE);

  AnalyticsPersonalValues(long seed) {
    prefix = String.format(Locale.ROOT, "pii%016x", mix(seed + ODD));
  }

  String prefix() {
    return prefix;
  }

  /** The first thousand tokens. */
  List<String> sample() {
    return List.copyOf(sample);
  }

  String email(long key, long version) {
    return token('e', key, version) + "@mail" + Math.floorMod(key, 7) + ".example";
  }

  String name(long key, long version) {
    return "Ms " + token('n', key, version) + " O''Neill"; // as it stands in a literal
  }

  String phone(long key, long version) {
    return "+44 " + token('p', key, version);
  }

  private String token(char kind, long key, long version) {
    String token =
        String.format(Locale.ROOT, "%s%c%016x", prefix, kind, mix(key * ODD + version * 31 + kind));
    sample.offer(token); // nothing once it is full
    return token;
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
    return mixed ^ (mixed >>> 31);
  }
}
