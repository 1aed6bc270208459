package io.tidemark.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/**
 * A file that holds one secret. Only its path is ever printed. It is read when it is needed, so a
 * secret that was changed is in use from the next connection on.
 *
 * @param path absolute
 */
public record SecretFile(Path path) {
  private static final int LARGEST_BYTES = 64 * 1024;

  /**
   * The content as UTF-8 text, without the one newline that editors leave at the end.
   *
   * @throws TidemarkException SECRET_UNUSABLE where the file is missing, empty, not a file, larger
   *     than 64 KiB, or open to others than its owner
   */
  public String text() {
    String text = new String(bytes(), StandardCharsets.UTF_8);
    String trimmed = text.replaceFirst("\r?\n\\z", "");
    if (trimmed.isEmpty()) {
      throw unusable("is empty", "one secret", "write the secret into it");
    }
    return trimmed;
  }

  /** The content as it is; throws as {@link #text()}. */
  public byte[] bytes() {
    check();
    try {
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.SECRET_UNUSABLE,
          "secrets file " + path + " cannot be read: " + e + "; expected a readable file",
          "check its directory's permissions and the user that Tidemark runs as",
          e);
    }
  }

  /** Throws as {@link #text()}, without reading the content. */
  public void check() {
    PosixFileAttributes file = attributes();
    if (!file.isRegularFile()) {
      throw unusable("is not a regular file", "one", "name a file in the configuration");
    }
    if (isOpenToOthers(file.permissions(), file.owner().getName(), user())) {
      throw unusable(
          "is open to group or others",
          "a file that only its owner can read",
          "run: chmod 600 " + path);
    }
    if (file.size() == 0 || file.size() > LARGEST_BYTES) {
      throw unusable(
          file.size() == 0 ? "is empty" : "has " + file.size() + " bytes",
          "1 to " + LARGEST_BYTES + " bytes",
          "write the secret into it");
    }
  }

  /**
   * PostgreSQL's own rule for key files: 0600 or less; 0640 or less where the file is root's and
   * the reader is somebody else, who then reads it by the group (postgresql.org, "Secure TCP/IP
   * Connections with SSL").
   */
  static boolean isOpenToOthers(Set<PosixFilePermission> permissions, String owner, String user) {
    boolean byGroup = owner.equals("root") && !user.equals("root");
    return permissions.stream()
        .filter(permission -> !permission.name().startsWith("OWNER"))
        .anyMatch(permission -> !byGroup || permission != PosixFilePermission.GROUP_READ);
  }

  private PosixFileAttributes attributes() {
    try {
      return Files.readAttributes(path, PosixFileAttributes.class, new LinkOption[0]);
    } catch (NoSuchFileException e) {
      throw unusable(
          "does not exist",
          "a file with the secret",
          "create it: install -m 600 /dev/null " + path + ", then write the secret into it");
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.SECRET_UNUSABLE,
          "secrets file " + path + " cannot be looked at: " + e + "; expected a readable file",
          "check its directory's permissions and the user that Tidemark runs as",
          e);
    }
  }

  private static String user() {
    return System.getProperty("user.name", "");
  }

  private TidemarkException unusable(String found, String expected, String hint) {
    return new TidemarkException(
        ErrorCode.SECRET_UNUSABLE,
        "secrets file " + path + " " + found + "; expected " + expected,
        hint);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
