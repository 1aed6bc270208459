package io.tidemark.postgres;

import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Permission bits, such as 0600, and the same as Java has them. */
public final class FileMode {
  /** From the owner's read bit, 0400, down to the others' execute bit, 0001. */
  private static final PosixFilePermission[] IN_ORDER_OF_BITS = PosixFilePermission.values();

  private FileMode() {}

  /** The bits of a set of permissions. */
  public static int of(Set<PosixFilePermission> permissions) {
    int mode = 0;
    for (int i = 0; i < IN_ORDER_OF_BITS.length; i++) {
      mode |= permissions.contains(IN_ORDER_OF_BITS[i]) ? 0400 >> i : 0;
    }
    return mode;
  }

  /** The permissions of some bits; bits above 0777 have none. */
  public static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (int i = 0; i < IN_ORDER_OF_BITS.length; i++) {
      if ((mode & (0400 >> i)) != 0) {
        permissions.add(IN_ORDER_OF_BITS[i]);
      }
    }
    return permissions;
  }
}
