package io.tidemark.walarchiver;

import io.tidemark.postgres.WalSegment;
import io.tidemark.repository.WalArchive;

/** What follows after puts: nothing waits for it. */
record Upkeep(WalArchive archive, Uploader uploader) {
  /** Whether an index is due when this segment and all before it are archived. */
  static boolean endsLog(WalSegment segment) {
    return !segment.next().log().equals(segment.log());
  }

  void removeTails(WalSegment whole) {
    uploader.start(
        Uploader.Put.of("removing the tails of " + whole, () -> archive.removeTails(whole)));
  }

  void sealLog(WalSegment last) {
    uploader.start(Uploader.Put.of("the index of log " + last.log(), () -> archive.sealLog(last)));
  }
}
