package io.tidemark.analytics;

/**
 * Why a table cannot be taken; others are taken all the same.
 *
 * @param found what is wrong
 * @param advice what to do
 */
public record TableProblem(TableName table, String found, String advice) {
  @Override
  public String toString() {
    return table + ": " + found + (advice.isEmpty() ? "" : "; " + advice);
  }
}
