package io.tidemark.bench;

import java.util.List;

/**
 * One line of {@code /proc/<pid>/stat}, see proc(5).
 *
 * @param ownTicks CPU time of the process itself, user and system, in hundredths of a second
 * @param childTicks CPU time of its children that have ended and were waited for, and of theirs
 */
record ProcStat(long pid, long parent, long ownTicks, long childTicks) {
  /** USER_HZ: what the kernel shows to user space does not depend on its own clock. */
  static final double TICKS_PER_SECOND = 100;

  private static final int PARENT = 1;
  private static final int USER = 11;
  private static final int SYSTEM = 12;
  private static final int CHILD_USER = 13;
  private static final int CHILD_SYSTEM = 14;

  /** The name in parentheses may hold anything, so the fields are counted from its last one. */
  static ProcStat parse(String line) {
    int end = line.lastIndexOf(')');
    List<String> fields = List.of(line.substring(end + 2).strip().split(" "));
    return new ProcStat(
        Long.parseLong(line.substring(0, line.indexOf(' '))),
        number(fields, PARENT),
        number(fields, USER) + number(fields, SYSTEM),
        number(fields, CHILD_USER) + number(fields, CHILD_SYSTEM));
  }

  private static long number(List<String> fields, int at) {
    return Long.parseLong(fields.get(at));
  }
}
