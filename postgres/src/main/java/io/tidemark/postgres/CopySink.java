package io.tidemark.postgres;

/** Takes what COPY … TO STDOUT sends. */
@FunctionalInterface
public interface CopySink<E extends Exception> {
  /**
   * Takes one message: a row, in the binary format also the header before the first row or the
   * trailer.
   *
   * @param row the sink's own from here on
   */
  void accept(byte[] row) throws E;
}
