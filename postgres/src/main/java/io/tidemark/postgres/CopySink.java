package io.tidemark.postgres;

/** Takes what COPY … TO STDOUT sends. */
@FunctionalInterface
public interface CopySink<E extends Exception> {
  /**
   * Takes one message: a row, in the binary format with the header before the first row, or the
   * trailer.
   *
   * @param buffer holds it until the call returns, then the next
   * @param length of the message, which begins at 0
   */
  void accept(byte[] buffer, int length) throws E;
}
