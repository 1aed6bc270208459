package io.tidemark.backup;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PageVerdict;
import java.util.ArrayList;
import java.util.List;

/**
 * The damaged pages that a backup has met: all counted, the first of them kept. Guarded by itself.
 */
final class Damages {
  /** A whole disk can be damaged. */
  private static final int MAX_KEPT = 1000;

  private record LaterPage(DamagedPage page, Lsn lsn) {}

  private final List<DamagedPage> bad = new ArrayList<>();
  private final List<LaterPage> later = new ArrayList<>();
  private long count;

  /** Notes what a page came to after it was read several times. */
  synchronized void note(String path, long block, PageVerdict verdict) {
    switch (verdict) {
      case PageVerdict.Valid _, PageVerdict.New _ -> {}
      case PageVerdict.Later(Lsn lsn) -> {
        if (later.size() < MAX_KEPT) {
          later.add(new LaterPage(new DamagedPage(path, block, tooLate(lsn)), lsn));
        }
      }
      case PageVerdict.Bad(Lsn lsn, int found, int expected) ->
          add(
              new DamagedPage(
                  path,
                  block,
                  "checksum %04X found, %04X expected, page LSN %s"
                      .formatted(found, expected, lsn)));
    }
  }

  private static String tooLate(Lsn lsn) {
    return "wrong checksum, and a page LSN of " + lsn + " that lies after the end of the backup";
  }

  private void add(DamagedPage page) {
    count++;
    if (bad.size() < MAX_KEPT) {
      bad.add(page);
    }
  }

  /** Whether there are so many that looking closely at each is no use. */
  synchronized boolean isMany() {
    return count + later.size() >= MAX_KEPT;
  }

  /**
   * Now that the end of the backup is known: a page that claims to be from after it cannot have
   * been changed by anything that replay will repair.
   */
  synchronized void judge(Lsn stop) {
    later.stream().filter(found -> found.lsn().isAfter(stop)).forEach(found -> add(found.page()));
    later.clear();
  }

  /** How many there are. */
  synchronized long count() {
    return count;
  }

  /** The first of them. */
  synchronized List<DamagedPage> pages() {
    return List.copyOf(bad);
  }
}
