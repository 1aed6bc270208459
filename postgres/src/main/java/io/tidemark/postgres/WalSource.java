package io.tidemark.postgres;

/**
 * Whose WAL is expected: what every page of it must agree with.
 *
 * @param history of the timeline that is read. A segment in which a timeline begins also holds what
 *     its ancestors wrote before that point, and pages say on which timeline they were begun.
 */
public record WalSource(
    PostgresMajor major, SystemId systemId, WalSegmentSize segmentSize, TimelineHistory history) {

  /**
   * Checks the header of the page at {@code address}. Throws WalInvalidException, naming the first
   * difference.
   */
  public void verify(Lsn address, WalPageHeader header) {
    check(address, "the page's magic", hex(header.magic()), hex(major.walMagic()));
    check(address, "the page's address", header.address(), address);
    boolean first = segmentSize.offsetOf(address) == 0;
    check(address, "a long page header", header.bytes() == WalPageHeader.LONG_BYTES, first);
    check(
        address,
        "the page's timeline",
        Integer.toUnsignedString(header.timelineId()),
        history.timelineAt(address).toString());
    if (header.flags() >= 2 * major.overwriteFlag()) {
      throw new WalInvalidException(
          address,
          "the page's flags",
          hex(header.flags()),
          "less than " + hex(2 * major.overwriteFlag()));
    }
    header.identity().ifPresent(identity -> verify(address, identity));
  }

  private void verify(Lsn address, WalPageHeader.Identity identity) {
    check(address, "the system identifier", identity.systemId(), systemId);
    check(address, "the segment size", identity.segmentBytes(), (long) segmentSize.bytes());
    check(address, "the page size", identity.pageBytes(), (long) WalPageHeader.PAGE_BYTES);
  }

  private static void check(Lsn address, String what, Object found, Object expected) {
    if (!found.equals(expected)) {
      throw new WalInvalidException(address, what, found, expected);
    }
  }

  private static String hex(int value) {
    return "0x%04X".formatted(value);
  }
}
