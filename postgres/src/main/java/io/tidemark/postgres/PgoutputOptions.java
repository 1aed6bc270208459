package io.tidemark.postgres;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What is asked of pgoutput.
 *
 * @param publications whose tables are wanted
 * @param binary values in their binary form, where their types have one
 * @param streaming large transactions as they grow, and not only when they are committed
 */
public record PgoutputOptions(List<String> publications, boolean binary, boolean streaming) {
  /** Streams transactions before they commit, with messages. */
  private static final int PROTOCOL_FROM_16 = 4;

  private static final int PROTOCOL_15 = 3;

  public PgoutputOptions {
    publications = List.copyOf(publications);
    if (publications.isEmpty()) {
      throw new IllegalArgumentException("a logical stream needs at least one publication");
    }
    for (String publication : publications) {
      if (!publication.matches("[a-z0-9_]{1,63}")) {
        throw new IllegalArgumentException(
            "a publication's name is 1 to 63 of a-z, 0-9 and _, not '" + publication + "'");
      }
    }
  }

  /** With large transactions as they grow. */
  public PgoutputOptions(List<String> publications, boolean binary) {
    this(publications, binary, true);
  }

  String command(int major) {
    return "(proto_version '%d', publication_names '%s', binary '%s', messages 'true', streaming '%s')"
        .formatted(
            major >= 16 ? PROTOCOL_FROM_16 : PROTOCOL_15,
            publications.stream().map(name -> '"' + name + '"').collect(Collectors.joining(",")),
            binary,
            streaming ? "on" : "off");
  }
}
