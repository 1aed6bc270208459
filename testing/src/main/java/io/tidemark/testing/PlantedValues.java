package io.tidemark.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks for byte strings in files, such as personal values in the data files of a cluster (after a
 * CHECKPOINT), in spools and logs. Each is looked for as it is, in UTF-8, and as hexadecimal digits
 * of either case, as bytea is written in text. What is compressed is not found: tests write their
 * files uncompressed.
 */
public final class PlantedValues {
  private static final int CHUNK = 1 << 20;
  private static final int FINDINGS_LIMIT = 1000;

  /**
   * A place where a value stands.
   *
   * @param offset in bytes from the beginning of the file
   * @param value as it was looked for
   */
  public record Finding(Path file, long offset, String value) {}

  private final List<Needle> needles;

  private PlantedValues(List<Needle> needles) {
    this.needles = needles;
  }

  /** Looks for any of these, which have 4 bytes at least; IllegalArgumentException otherwise. */
  public static PlantedValues of(Collection<String> values) {
    Set<String> spellings = new LinkedHashSet<>();
    for (String value : values) {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      if (bytes.length < 4 || bytes.length >= CHUNK / 4) {
        throw new IllegalArgumentException("too short or long to look for: '" + value + "'");
      }
      spellings.add(value);
      spellings.add(HexFormat.of().formatHex(bytes));
      spellings.add(HexFormat.of().withUpperCase().formatHex(bytes));
    }
    return new PlantedValues(spellings.stream().map(Needle::new).toList());
  }

  /** Looks for one, such as {@link AnalyticsWorkload#plantedPrefix}. */
  public static PlantedValues of(String value) {
    return of(List.of(value));
  }

  /**
   * In files, and in all regular files below directories, links not followed: up to a thousand
   * findings. A file that is removed meanwhile is passed over; UncheckedIOException for one that
   * cannot be read, and for a path that is not there at the start.
   */
  public List<Finding> findIn(Path... paths) {
    List<Finding> findings = new ArrayList<>();
    try {
      for (Path path : paths) {
        path.getFileSystem().provider().checkAccess(path);
        Files.walkFileTree(path, new Search(findings));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return findings;
  }

  private final class Search extends SimpleFileVisitor<Path> {
    private final List<Finding> findings;

    Search(List<Finding> findings) {
      this.findings = findings;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      if (attributes.isRegularFile()) {
        scan(file, findings);
      }
      return findings.size() < FINDINGS_LIMIT
          ? FileVisitResult.CONTINUE
          : FileVisitResult.TERMINATE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
        throws IOException {
      return e == null ? FileVisitResult.CONTINUE : visitFileFailed(directory, e);
    }
  }

  private void scan(Path file, List<Finding> findings) throws IOException {
    int overlap = needles.stream().mapToInt(Needle::length).max().orElse(1) - 1;
    try (InputStream input = Files.newInputStream(file)) {
      byte[] buffer = new byte[CHUNK + overlap];
      int kept = 0;
      long start = 0;
      for (int read; (read = input.readNBytes(buffer, kept, CHUNK)) > 0; ) {
        int end = kept + read;
        for (Needle needle : needles) {
          needle.findAll(buffer, kept, end, start, file, findings);
        }
        int keep = Math.min(overlap, end);
        System.arraycopy(buffer, end - keep, buffer, 0, keep);
        start += end - keep;
        kept = keep;
      }
    } catch (NoSuchFileException e) {
      // Removed since it was listed: it holds nothing any more.
      return;
    }
  }

  /** A byte string, found by Horspool's algorithm. */
  private static final class Needle {
    private final String value;
    private final byte[] bytes;
    private final int[] shift = new int[256];

    Needle(String value) {
      this.value = value;
      this.bytes = value.getBytes(StandardCharsets.UTF_8);
      Arrays.fill(shift, bytes.length);
      for (int i = 0; i < bytes.length - 1; i++) {
        shift[bytes[i] & 0xFF] = bytes.length - 1 - i;
      }
    }

    int length() {
      return bytes.length;
    }

    /** Those that end behind the first {@code known} bytes: the others were found before. */
    void findAll(byte[] buffer, int known, int end, long start, Path file, List<Finding> findings) {
      int last = bytes.length - 1;
      for (int at = Math.max(0, known - last); at + last < end; ) {
        byte behind = buffer[at + last];
        if (behind == bytes[last]
            && Arrays.equals(buffer, at, at + last, bytes, 0, last)
            && findings.size() < FINDINGS_LIMIT) {
          findings.add(new Finding(file, start + at, value));
        }
        at += shift[behind & 0xFF];
      }
    }
  }
}
