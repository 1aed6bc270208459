package io.tidemark.postgres;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * Writes PostgreSQL's {@code backup_manifest}, which pg_verifybackup checks a data directory
 * against, and which a server takes as the base of an incremental backup (backup_manifest.c; the
 * format is in the documentation, "Backup Manifest Format"). Files first, in any order, then {@link
 * #finish}. Not for several threads; does not close the stream.
 */
public final class BackupManifest {
  /** Its name in a data directory. */
  public static final String FILE_NAME = "backup_manifest";

  private static final DateTimeFormatter GMT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final OutputStream out;
  private final MessageDigest digest;
  private boolean first = true;

  /** Begins a manifest on {@code out}, which should be buffered. */
  public BackupManifest(OutputStream out, PostgresMajor major, SystemId systemId)
      throws IOException {
    this.out = out;
    this.digest = sha256();
    append("{ \"PostgreSQL-Backup-Manifest-Version\": " + major.manifestVersion() + ",\n");
    if (major.manifestVersion() >= 2) {
      append("\"System-Identifier\": " + systemId + ",\n");
    }
    append("\"Files\": [");
  }

  /**
   * Adds a file.
   *
   * @param path relative to the data directory, with slashes; files of tablespaces under {@code
   *     pg_tblspc/<oid>/}
   * @param crc32c of the content
   */
  public void addFile(String path, long bytes, Instant modified, int crc32c) throws IOException {
    addFile(path.getBytes(StandardCharsets.UTF_8), bytes, modified, crc32c);
  }

  /** As above, for a name that may not be UTF-8. */
  public void addFile(byte[] path, long bytes, Instant modified, int crc32c) throws IOException {
    append(first ? "\n" : ",\n");
    first = false;
    append(
        "{ %s, \"Size\": %d, \"Last-Modified\": \"%s\", \"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"%s\" }"
            .formatted(pathMember(path), bytes, GMT.format(modified), Crc32c.manifestHex(crc32c)));
  }

  /**
   * Ends the manifest.
   *
   * @param wal what must be replayed, newest timeline first: {@link WalRange#between}
   */
  public void finish(List<WalRange> wal) throws IOException {
    append("\n],\n\"WAL-Ranges\": [\n");
    String separator = "";
    for (WalRange range : wal) {
      append(
          "%s{ \"Timeline\": %s, \"Start-LSN\": \"%s\", \"End-LSN\": \"%s\" }"
              .formatted(separator, range.timeline(), range.start(), range.end()));
      separator = ",\n";
    }
    append("\n],\n");
    String checksum = HexFormat.of().formatHex(digest.digest());
    append("\"Manifest-Checksum\": \"" + checksum + "\"}\n");
    out.flush();
  }

  private void append(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(bytes);
    out.write(bytes);
  }

  private static String pathMember(byte[] path) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(path)).toString();
      return "\"Path\": \"" + escape(text) + "\"";
    } catch (CharacterCodingException e) {
      return "\"Encoded-Path\": \"" + HexFormat.of().formatHex(path) + "\"";
    }
  }

  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> escaped.append('\\').append(c);
        default -> {
          if (c < ' ') {
            escaped.append("\\u%04x".formatted((int) c));
          } else {
            escaped.append(c);
          }
        }
      }
    }
    return escaped.toString();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
