package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.postgres.TimelineHistory;
import io.tidemark.postgres.WalSegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** A cluster's archived WAL: whole segments, tails of the open one, histories, gaps. */
public final class WalArchive {
  WalArchive() {}

  /**
   * Puts a whole segment. Durable when it returns; success also where the same bytes are there.
   *
   * @param raw exactly one segment, from position to limit
   * @throws io.tidemark.config.TidemarkException CONTENT_CONFLICT naming both writers
   */
  public void putSegment(WalSegment segment, ByteBuffer raw, WalSummary summary) {
    throw new UnsupportedOperationException();
  }

  /**
   * Puts a part of a segment that is not complete yet. Durable when it returns.
   *
   * @param from address of the first byte of {@code raw}; the rest of it follows
   */
  public void putTail(WalSegment segment, Lsn from, ByteBuffer raw, WalSummary summary) {
    throw new UnsupportedOperationException();
  }

  /** Removes the tails of a segment, which must be there whole. */
  public void removeTails(WalSegment segment) {
    throw new UnsupportedOperationException();
  }

  /** Puts a timeline's history file, before any WAL of that timeline. */
  public void putHistory(Timeline timeline, byte[] file) {
    throw new UnsupportedOperationException();
  }

  /** The history file as PostgreSQL wrote it, or empty where it is not in the archive. */
  public Optional<byte[]> historyFile(Timeline timeline) {
    throw new UnsupportedOperationException();
  }

  /** The parsed history; of timeline 1 without asking, or empty where it is not in the archive. */
  public Optional<TimelineHistory> history(Timeline timeline) {
    throw new UnsupportedOperationException();
  }

  /** Puts a gap on record. */
  public void recordGap(WalGap gap) {
    throw new UnsupportedOperationException();
  }

  /** Puts the index of a log once all its segments are there; without effect until then. */
  public void sealLog(WalSegment lastOfLog) {
    throw new UnsupportedOperationException();
  }

  /**
   * One segment's bytes: whole, composed of tails, or absent. Absent means that the store was
   * reached and said so; a store that cannot be reached is a StoreException of kind UNAVAILABLE.
   */
  public SegmentContent read(WalSegment segment) {
    throw new UnsupportedOperationException();
  }

  /** What is there: logs that have an index are not listed, so it costs few requests. */
  public WalInventory inventory() {
    throw new UnsupportedOperationException();
  }

  /** What a timeline's WAL takes in the store, in bytes, without histories and indexes. */
  public long storedBytes(Timeline timeline) {
    throw new UnsupportedOperationException();
  }

  /** The summaries of the segments, whole or open, from {@code from} to {@code to} inclusive. */
  public List<SegmentSummary> summaries(WalSegment from, WalSegment to) {
    throw new UnsupportedOperationException();
  }
}
