package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** The objects of a listing, page after page, each asked for when it is needed. */
final class S3Listing implements Iterator<ObjectInfo> {
  private final Function<@Nullable String, ListObjectsV2Response> page;
  private final int strip;
  private final Deque<ObjectInfo> ready = new ArrayDeque<>();
  private @Nullable String token;
  private boolean last;
  private String before = "";

  /**
   * @param page gives the page for a continuation token, the first for null
   * @param strip how many characters before our keys are the store's prefix
   */
  S3Listing(Function<@Nullable String, ListObjectsV2Response> page, int strip) {
    this.page = page;
    this.strip = strip;
    fetch();
  }

  @Override
  public boolean hasNext() {
    while (ready.isEmpty() && !last) {
      fetch();
    }
    return !ready.isEmpty();
  }

  private void fetch() {
    ListObjectsV2Response response = page.apply(token);
    for (S3Object object : response.contents()) {
      add(object);
    }
    token = response.nextContinuationToken();
    last = !Boolean.TRUE.equals(response.isTruncated());
  }

  private void add(S3Object object) {
    String key = object.key().substring(strip);
    if (!ObjectKey.isKey(key)) {
      return;
    }
    if (key.compareTo(before) <= 0) {
      throw new StoreException(
          Kind.REFUSED,
          "The server lists " + key + " after " + before + ", expected the order of keys",
          "Use a general purpose bucket: directory buckets do not list in order.",
          null);
    }
    before = key;
    ready.add(new ObjectInfo(key, object.size(), object.lastModified()));
  }

  @Override
  public ObjectInfo next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return ready.remove();
  }
}
