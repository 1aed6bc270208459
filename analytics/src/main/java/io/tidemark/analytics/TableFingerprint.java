package io.tidemark.analytics;

import io.tidemark.config.MaskSettings;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * What of a table's mapping, when it changes, makes the rows wrong that are in the target: its
 * masks with the key of pseudonyms, its row filter, its mode, its kind. Added and removed columns
 * have their own ways.
 */
final class TableFingerprint {
  private static final String PROBE = "\0tidemark fingerprint";

  private TableFingerprint() {}

  static String of(MappedTable table) {
    StringBuilder text = new StringBuilder();
    text.append(table.kind()).append('\n').append(table.mode()).append('\n');
    text.append(table.where().orElse("")).append('\n').append(key(table)).append('\n');
    text.append(table.labels()).append('\n').append(table.target()).append('\n');
    for (MappedColumn column : table.columns()) {
      column
          .mask()
          .ifPresent(
              mask ->
                  text.append(column.source().number())
                      .append(mask)
                      .append(probe(mask, column))
                      .append('\n'));
    }
    return HexFormat.of().formatHex(sha256(text.toString()), 0, 8);
  }

  /** By number: another name of a key column makes no row wrong. */
  private static List<Integer> key(MappedTable table) {
    return table.key().stream()
        .flatMap(
            name -> table.columns().stream().filter(column -> column.name().equals(name)).limit(1))
        .map(column -> column.source().number())
        .toList();
  }

  /** Another pseudonym key makes another pseudonym of it; nobody has it as a value. */
  private static String probe(MaskSettings mask, MappedColumn column) {
    if (mask.kind() != MaskSettings.Kind.PSEUDONYM) {
      return "";
    }
    byte[] pseudonym = column.function().apply(PROBE.getBytes(StandardCharsets.UTF_8));
    return pseudonym == null ? "" : new String(pseudonym, StandardCharsets.UTF_8);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
