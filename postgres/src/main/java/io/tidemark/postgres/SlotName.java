package io.tidemark.postgres;

import java.util.regex.Pattern;

/**
 * A replication slot's name, by PostgreSQL's own rule (ReplicationSlotValidateName in slot.c), so
 * that it can stand in a replication command.
 *
 * @param name 1 to 63 of a-z, 0-9 and underscore
 */
public record SlotName(String name) {
  private static final Pattern VALID = Pattern.compile("[a-z0-9_]{1,63}");

  public SlotName {
    if (!VALID.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a slot's name is 1 to 63 of a-z, 0-9 and _, not '" + name + "'");
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
