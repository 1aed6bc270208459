package io.tidemark.analytics;

import java.util.regex.Pattern;

/**
 * Of an e-mail address what is behind the last @, without blanks around it, in its own case. What
 * does not look like an address ({@code @name}, {@code a@b (Name)}, an address literal) leaves
 * nothing: the empty text.
 */
final class MaskDomain implements MaskedText {
  private static final Pattern DOMAIN = Pattern.compile("[\\p{L}\\p{M}\\p{N}._-]+");

  @Override
  public String of(String value) {
    int at = value.lastIndexOf('@');
    boolean hasLocalPart = at > 0 && !isBlank(value.charAt(at - 1));
    String domain = value.substring(at + 1).strip();
    return hasLocalPart && DOMAIN.matcher(domain).matches() ? domain : "";
  }

  private static boolean isBlank(char before) {
    return Character.isWhitespace(before) || Character.isSpaceChar(before);
  }
}
