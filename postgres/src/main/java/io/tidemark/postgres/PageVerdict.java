package io.tidemark.postgres;

/** What a data page's checksum says of the page. */
public sealed interface PageVerdict {

  /** The checksum is right. */
  record Valid() implements PageVerdict {}

  /** All zeros: the file was extended and the page not written yet. */
  record New() implements PageVerdict {}

  /**
   * The checksum is wrong and the page changed after the backup began, so that replay writes it
   * anew: a torn read, to be accepted. A caller that knows how far WAL had come when the page was
   * read compares: a page from the future is damaged.
   */
  record Later(Lsn pageLsn) implements PageVerdict {}

  /**
   * The checksum is wrong and nothing explains it. Read the page again before saying so to anybody.
   *
   * @param found the stored checksum
   * @param expected what it should be; the same as found where a page that should be all zeros is
   *     not
   */
  record Bad(Lsn pageLsn, int found, int expected) implements PageVerdict {}

  /** Whether a backup may store the page as it is. */
  default boolean isAcceptable() {
    return !(this instanceof Bad);
  }
}
