package io.tidemark.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the kernel tells of processes. One that ends while it is looked at is left out. */
final class ProcFs {
  private static final Path PROC = Path.of("/proc");

  private ProcFs() {}

  /** The processes and all their descendants. */
  static List<ProcStat> tree(Collection<Long> roots) {
    List<ProcStat> all = all();
    Set<Long> known = new HashSet<>(roots);
    boolean grew = true;
    while (grew) {
      grew = false;
      for (ProcStat each : all) {
        grew |= known.contains(each.parent()) && known.add(each.pid());
      }
    }
    return all.stream().filter(each -> known.contains(each.pid())).toList();
  }

  /** CPU seconds of a process, its descendants, and those of them that were waited for. */
  static double treeSeconds(long root) {
    return tree(List.of(root)).stream().mapToLong(each -> each.ownTicks() + each.childTicks()).sum()
        / ProcStat.TICKS_PER_SECOND;
  }

  /** CPU seconds of all children of this process that have ended, and of theirs. */
  static double endedChildrenSeconds() {
    return stat(PROC.resolve("self")).orElseThrow().childTicks() / ProcStat.TICKS_PER_SECOND;
  }

  /** The most that a process ever had in memory; 0 where it has ended. */
  static long peakBytes(long pid) {
    return text(PROC.resolve(pid + "/status"))
        .flatMap(text -> text.lines().filter(line -> line.startsWith("VmHWM:")).findFirst())
        .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .orElse(0L);
  }

  /** Processes whose command line holds the text. */
  static List<Long> named(String text) {
    return all().stream()
        .map(ProcStat::pid)
        .filter(
            pid -> text(PROC.resolve(pid + "/cmdline")).filter(c -> c.contains(text)).isPresent())
        .toList();
  }

  /** The load average of the last minute. */
  static double load() {
    String text = text(PROC.resolve("loadavg")).orElseThrow();
    return Double.parseDouble(text.substring(0, text.indexOf(' ')));
  }

  private static List<ProcStat> all() {
    List<ProcStat> all = new ArrayList<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(PROC, "[0-9]*")) {
      directories.forEach(directory -> stat(directory).ifPresent(all::add));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  private static Optional<ProcStat> stat(Path directory) {
    return text(directory.resolve("stat")).map(ProcStat::parse);
  }

  private static Optional<String> text(Path file) {
    try {
      String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
      return text.isEmpty() ? Optional.empty() : Optional.of(text);
    } catch (IOException ended) {
      return Optional.empty();
    }
  }
}
