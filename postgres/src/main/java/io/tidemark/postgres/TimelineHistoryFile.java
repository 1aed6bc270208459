package io.tidemark.postgres;

/**
 * A history file as the server has it, byte for byte.
 *
 * @param name {@code 00000002.history}
 * @param content free of interpretation; {@link TimelineHistory#parse} reads it
 */
// An array compares by identity; nobody compares these.
@SuppressWarnings("ArrayRecordComponent")
public record TimelineHistoryFile(String name, byte[] content) {}
