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

  /**
   * Stream.
   *
   * @param from the start of a segment
   * @param durable everything before it is in the archive already, or is none of its business
   * @param gaps WAL that the server has removed; on record before the first byte is taken
   */
  record Stream(Timeline timeline, Lsn from, Lsn durable, List<WalGap> gaps) implements Start {
    public Stream {
      gaps = List.copyOf(gaps);
    }
  }
}
