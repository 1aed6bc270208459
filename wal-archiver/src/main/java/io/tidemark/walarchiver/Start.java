package io.tidemark.walarchiver;

import io.tidemark.config.ErrorCode;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.WalGap;
import java.util.List;

/** What to do with a server that was just found. */
sealed interface Start {
  /** Nothing may be taken from it. */
  record Refuse(ErrorCode code, String found, String hint) implements Start {}

  /**
   * The slot must be made first.
   *
   * @param replace whether one of that name is there, which holds nothing back any more
   */
  record MakeSlot(boolean replace) implements Start {}

  /** The server has removed this WAL: put it on record, and look again. */
  record RecordGaps(List<WalGap> gaps) implements Start {
    public RecordGaps {
      gaps = List.copyOf(gaps);
    }
  }

  /**
   * Stream.
   *
   * @param from the start of a segment
   * @param durable everything before it is in the archive, or on record as a gap
   * @param continues whether the archive has anything before it; if not, it begins here
   */
  record Stream(Timeline timeline, Lsn from, Lsn durable, boolean continues) implements Start {}
}
