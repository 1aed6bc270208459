package io.tidemark.testing;

import java.util.ArrayList;
import java.util.List;

/**
 * The schema changes that an {@link AnalyticsWorkload} makes, numbered from 1. Each is one part of
 * a transaction that writes rows too, while no other transaction runs.
 */
@FunctionalInterface
public interface AnalyticsSchemaChanges {
  /** The statements of that change; unqualified names are found in the workload's schema. */
  List<String> change(long number);

  /**
   * What updates of customers write besides after so many changes, such as {@code extra_1 = 5}.
   *
   * @param value a number to make the values differ, which an int can hold
   */
  default List<String> assignments(long changes, int value) {
    return List.of();
  }

  /**
   * On customers, in turn: a column without default is added, one with a default is added, the
   * first is renamed, then widened from int to bigint (and the one of the turn before dropped), the
   * second dropped.
   */
  static AnalyticsSchemaChanges inTurn() {
    return new InTurn();
  }

  /** See {@link #inTurn}. */
  final class InTurn implements AnalyticsSchemaChanges {
    private static final int TURN = 5;

    @Override
    public List<String> change(long number) {
      long turn = (number - 1) / TURN;
      String alter = "ALTER TABLE customers ";
      return switch ((int) ((number - 1) % TURN)) {
        case 0 -> List.of(alter + "ADD COLUMN extra_%d int".formatted(turn));
        case 1 ->
            List.of(alter + "ADD COLUMN fixed_%d text NOT NULL DEFAULT 'x%1$d'".formatted(turn));
        case 2 -> List.of(alter + "RENAME COLUMN extra_%d TO renamed_%1$d".formatted(turn));
        case 3 ->
            turn == 0
                ? List.of(alter + "ALTER COLUMN renamed_0 TYPE bigint")
                : List.of(
                    alter + "ALTER COLUMN renamed_%d TYPE bigint".formatted(turn),
                    alter + "DROP COLUMN renamed_%d".formatted(turn - 1));
        default -> List.of(alter + "DROP COLUMN fixed_%d".formatted(turn));
      };
    }

    @Override
    public List<String> assignments(long changes, int value) {
      if (changes == 0) {
        return List.of();
      }
      long turn = (changes - 1) / TURN;
      int done = (int) ((changes - 1) % TURN) + 1;
      List<String> assignments = new ArrayList<>();
      assignments.add((done < 3 ? "extra_%d = %d" : "renamed_%d = %d").formatted(turn, value));
      if (done > 1 && done < TURN) {
        assignments.add("fixed_%d = 'y%d'".formatted(turn, value));
      }
      return assignments;
    }
  }
}
