package io.tidemark.demo;

import java.util.Locale;

/** Figures as people read them. */
final class Units {
  private static final double MIB = 1024.0 * 1024;

  private Units() {}

  /** {@code 2026-11-20 15:02:12.123Z} from the form with a T. */
  static String time(String iso) {
    return iso.replace('T', ' ');
  }

  /** {@code 42 KiB}, {@code 4.2 MiB}, {@code 96 MiB}. */
  static String bytes(long bytes) {
    double mib = bytes / MIB;
    if (mib < 1) {
      return bytes / 1024 + " KiB";
    }
    return String.format(Locale.ROOT, mib < 10 ? "%.1f MiB" : "%.0f MiB", mib);
  }

  /** To the thousandth. */
  static double rounded(double figure) {
    return Math.round(figure * 1000) / 1000.0;
  }

  /** {@code 210 MB/s}, as disks and networks are sold. */
  static String rate(long bytes, double seconds) {
    return String.format(Locale.ROOT, "%.0f MB/s", bytes / 1e6 / Math.max(seconds, 0.001));
  }
}
