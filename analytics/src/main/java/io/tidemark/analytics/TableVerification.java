package io.tidemark.analytics;

import java.util.ArrayList;
import java.util.List;

/**
 * What was found of one table, since its comparison began.
 *
 * @param complete whether all of it was compared
 * @param rows of the source that were compared
 * @param missing rows of the source that are not in the target
 * @param surplus rows of the target that are not at the source
 * @param different rows with other values
 * @param undecided rows that changed all the while
 * @param examples up to ten; keys of columns without a mask, and no other value
 * @param note why nothing or not all was compared; empty: there is nothing to say
 */
public record TableVerification(
    TableName name,
    boolean complete,
    long rows,
    long missing,
    long surplus,
    long different,
    long undecided,
    List<String> examples,
    String note) {
  static final int EXAMPLES = 10;

  public TableVerification {
    examples = List.copyOf(examples);
  }

  static TableVerification begun(TableName name) {
    return new TableVerification(name, false, 0, 0, 0, 0, 0, List.of(), "");
  }

  /** Whether a difference was found. Where none was, {@link #complete} says what that means. */
  public boolean differs() {
    return differences() > 0;
  }

  /** Missing, surplus and different rows. */
  public long differences() {
    return missing + surplus + different;
  }

  TableVerification plus(TableVerification more) {
    List<String> both = new ArrayList<>(examples);
    more.examples.stream().limit(EXAMPLES - both.size()).forEach(both::add);
    return new TableVerification(
        name,
        more.complete,
        rows + more.rows,
        missing + more.missing,
        surplus + more.surplus,
        different + more.different,
        undecided + more.undecided,
        both,
        more.note);
  }

  TableVerification noting(String why) {
    return new TableVerification(
        name, complete, rows, missing, surplus, different, undecided, examples, why);
  }
}
