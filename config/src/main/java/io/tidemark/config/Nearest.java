package io.tidemark.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the word that was probably meant. */
final class Nearest {

  private Nearest() {}

  /** {@code did you mean "x"?}, or an empty text where nothing is near. */
  static String suggestion(String word, Collection<String> words) {
    return of(word, words).map(near -> "did you mean \"" + near + "\"?").orElse("");
  }

  private static Optional<String> of(String word, Collection<String> words) {
    String normal = normal(word);
    int limit = Math.max(1, normal.length() / 3);
    return words.stream()
        .filter(candidate -> distance(normal, normal(candidate)) <= limit)
        .min(Comparator.comparingInt(candidate -> distance(normal, normal(candidate))));
  }

  private static String normal(String word) {
    return word.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Edit distance where swapping two neighbours counts as one. */
  private static int distance(String a, String b) {
    if (Math.abs(a.length() - b.length()) > 20 || a.length() > 100 || b.length() > 100) {
      return Integer.MAX_VALUE;
    }
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        d[i][j] = i == 0 || j == 0 ? i + j : cheapest(d, a, b, i, j);
      }
    }
    return d[a.length()][b.length()];
  }

  private static int cheapest(int[][] d, String a, String b, int i, int j) {
    int replace = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
    int best = Math.min(replace, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, d[i - 2][j - 2] + 1) : best;
  }
}
