package io.tidemark.store;

import java.util.Iterator;
import java.util.stream.Stream;

/**
 * Lists anew where a listing broke off, and passes over what was already seen: keys are in order.
 */
final class ResumingListing implements Iterator<ObjectInfo>, AutoCloseable {
  private final ObjectStore store;
  private final Attempts attempts;
  private final String prefix;
  private Stream<ObjectInfo> listed;
  private Iterator<ObjectInfo> current;
  private String last = "";

  ResumingListing(ObjectStore store, Attempts attempts, String prefix, Stream<ObjectInfo> first) {
    this.store = store;
    this.attempts = attempts;
    this.prefix = prefix;
    this.listed = first;
    this.current = first.iterator();
    attempts.progressed();
  }

  @Override
  public boolean hasNext() {
    while (true) {
      try {
        return current.hasNext();
      } catch (StoreException e) {
        resumeAfter(e);
      }
    }
  }

  @Override
  public ObjectInfo next() {
    while (true) {
      try {
        ObjectInfo next = current.next();
        last = next.key();
        attempts.progressed();
        return next;
      } catch (StoreException e) {
        resumeAfter(e);
      }
    }
  }

  private void resumeAfter(StoreException failure) {
    listed.close();
    StoreException latest = failure;
    while (true) {
      attempts.waitAfter(latest);
      try {
        String seen = last;
        listed = store.list(prefix).dropWhile(info -> info.key().compareTo(seen) <= 0);
        current = listed.iterator();
        return;
      } catch (StoreException e) {
        latest = e;
      }
    }
  }

  @Override
  public void close() {
    listed.close();
  }
}
