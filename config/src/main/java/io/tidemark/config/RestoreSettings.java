package io.tidemark.config;

/**
 * How a restore uses this machine.
 *
 * @param parallel packs fetched and files written at the same time, and WAL segments
 * @param walAheadBytes of WAL that is fetched and fsynced ahead of replay, on the disk of pg_wal
 */
public record RestoreSettings(int parallel, long walAheadBytes) {

  public RestoreSettings {
    new Checks()
        .between("parallel", parallel, 1, 64)
        .bytesBetween("wal-ahead", walAheadBytes, 32 << 20, 64L << 30)
        .done();
  }

  /** What holds for a cluster whose file says nothing. */
  public static RestoreSettings defaults() {
    return read(Section.empty());
  }

  static RestoreSettings read(Section section) {
    return section
        .build(
            () ->
                new RestoreSettings(
                    section.get("parallel", Kind.NUMBER, "2"),
                    section.get("wal-ahead", Kind.SIZE, "256MiB")))
        .orElseGet(RestoreSettings::defaults);
  }
}
