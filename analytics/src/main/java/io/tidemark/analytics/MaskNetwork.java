package io.tidemark.analytics;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Addresses down to their network: of IPv4 as many bits as asked for, of IPv6 48. A network that is
 * larger already stays as it is.
 */
final class MaskNetwork implements MaskedText {
  private static final Pattern TEXT = Pattern.compile("([0-9a-fA-F.:]+)(?:/(\\d{1,3}))?");
  private static final Pattern IPV4 =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
  private static final int IPV4_BITS = 32;
  private static final int IPV6_BITS = 128;
  private static final int KEPT_OF_IPV6 = 48;
  private static final int WORD = 16;

  private final int bits;
  private final String type;

  MaskNetwork(int bits, String type) {
    this.bits = bits;
    this.type = type;
  }

  @Override
  public @Nullable String of(String value) {
    Matcher text = TEXT.matcher(value);
    if (!text.matches()) {
      return null;
    }
    boolean six = value.contains(":");
    int most = six ? IPV6_BITS : IPV4_BITS;
    int length = text.group(2) == null ? most : Integer.parseInt(text.group(2));
    if (length > most) {
      return null;
    }
    int kept = Math.min(length, six ? KEPT_OF_IPV6 : bits);
    Optional<String> network =
        six ? network6(text.group(1), kept) : address4(text.group(1)).map(a -> network4(a, kept));
    // PostgreSQL prints the prefix of a single address for cidr only.
    return network.map(n -> kept == most && type.equals("inet") ? n : n + "/" + kept).orElse(null);
  }

  private static Optional<Integer> address4(String text) {
    Matcher parts = IPV4.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    int address = 0;
    for (int i = 1; i <= 4; i++) {
      int part = Integer.parseInt(parts.group(i));
      if (part > 255) {
        return Optional.empty();
      }
      address = (address << 8) | part;
    }
    return Optional.of(address);
  }

  private static String network4(int address, int kept) {
    int network = kept == 0 ? 0 : address & (-1 << (IPV4_BITS - kept));
    return "%d.%d.%d.%d"
        .formatted(network >>> 24, (network >>> 16) & 255, (network >>> 8) & 255, network & 255);
  }

  /** The last five words are zero: the longest run of zeros, which is printed as two colons. */
  private static Optional<String> network6(String text, int kept) {
    return words6(text)
        .map(
            words -> {
              StringBuilder network = new StringBuilder();
              for (int i = 0; hasBits(words, i, kept); i++) {
                network.append(i == 0 ? "" : ":").append(Integer.toHexString(word(words, i, kept)));
              }
              return network.append("::").toString();
            });
  }

  private static boolean hasBits(byte[] address, int from, int kept) {
    for (int i = from; i * WORD < kept; i++) {
      if (word(address, i, kept) != 0) {
        return true;
      }
    }
    return false;
  }

  private static int word(byte[] address, int index, int kept) {
    int word = ((address[2 * index] & 255) << 8) | (address[2 * index + 1] & 255);
    int bits = Math.clamp(kept - (long) index * WORD, 0, WORD);
    return word & (0xffff << (WORD - bits)) & 0xffff;
  }

  private static Optional<byte[]> words6(String text) {
    try {
      byte[] address = InetAddress.ofLiteral(text).getAddress();
      // An IPv4 address in an IPv6 one begins with 80 zero bits.
      return Optional.of(address.length * 8 == IPV6_BITS ? address : new byte[IPV6_BITS / 8]);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
