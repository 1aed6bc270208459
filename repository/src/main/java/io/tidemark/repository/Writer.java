package io.tidemark.repository;

/**
 * Who wrote an object, for messages that name both sides of a conflict.
 *
 * @param host the machine's name
 * @param pid the process
 * @param version Tidemark's version
 */
public record Writer(String host, long pid, String version) {
  /** {@code host/pid/version}, as in an object's header. */
  @Override
  public String toString() {
    return host + "/" + pid + "/" + version;
  }
}
