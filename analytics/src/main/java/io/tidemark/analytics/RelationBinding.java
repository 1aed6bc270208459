package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.LogicalMessage.Relation;
import io.tidemark.postgres.LogicalMessage.RelationColumn;
import io.tidemark.postgres.TupleData;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the columns that pgoutput sends of a table become the columns of its mapping, masked. */
final class RelationBinding {
  private final MappedTable table;

  /** For each sent column of the mapping its place in the relation. */
  private final int[] places;

  private final MaskFunction[] masks;

  private RelationBinding(MappedTable table, int[] places, MaskFunction[] masks) {
    this.table = table;
    this.places = places;
    this.masks = masks;
  }

  /** Whether the relation has all that the mapping wants, as it wants it. */
  static boolean fits(MappedTable table, Relation relation) {
    return table.sent().stream().allMatch(column -> place(relation, column) >= 0)
        && isIdentified(table, relation);
  }

  /** Whether old rows come with all columns of the key. */
  private static boolean isIdentified(MappedTable table, Relation relation) {
    return table.sent().stream()
        .filter(column -> table.key().contains(column.name()))
        .allMatch(column -> relation.columns().get(place(relation, column)).isKey());
  }

  /** Whether the relation has columns that the mapping does not know. */
  static boolean hasMore(MappedTable table, Relation relation) {
    return relation.columns().size() > table.sent().size();
  }

  /**
   * @throws IllegalArgumentException where it does not {@link #fits fit}
   */
  static RelationBinding of(MappedTable table, Relation relation) {
    List<MappedColumn> sent = table.sent();
    int[] places = sent.stream().mapToInt(column -> place(relation, column)).toArray();
    for (int place : places) {
      if (place < 0) {
        throw new IllegalArgumentException(table.name() + " is not as it was");
      }
    }
    MaskFunction[] masks = sent.stream().map(MappedColumn::function).toArray(MaskFunction[]::new);
    return new RelationBinding(table, places, masks);
  }

  private static int place(Relation relation, MappedColumn column) {
    for (int i = 0; i < relation.columns().size(); i++) {
      RelationColumn found = relation.columns().get(i);
      ColumnType type = column.source().type();
      if (found.name().equals(column.source().name())
          && found.typeOid() == type.oid()
          && found.typeModifier() == type.modifier()) {
        return i;
      }
    }
    return -1;
  }

  MappedTable table() {
    return table;
  }

  /**
   * A row, masked. From here on nothing of a masked value is left in memory for long.
   *
   * @throws TableFailure where a value is no text that the target could hold
   * @throws TidemarkException POSTGRES_DATA_INVALID where a value is not in the table's form
   */
  byte[] @Nullable [] row(TupleData tuple) {
    byte[] @Nullable [] row = new byte[places.length][];
    for (int i = 0; i < places.length; i++) {
      int place = places[i];
      row[i] =
          tuple.kind(place) == TupleData.UNCHANGED ? Rows.UNCHANGED : apply(i, value(tuple, place));
    }
    return row;
  }

  /** In the form that the stream was asked for. */
  private byte @Nullable [] value(TupleData tuple, int place) {
    byte kind = tuple.kind(place);
    if (kind != TupleData.NULL && kind != table.form().kind()) {
      throw new TidemarkException(
          ErrorCode.POSTGRES_DATA_INVALID,
          "a value of %s came as '%c', in another form than %s, which was asked for"
              .formatted(table.name(), (char) kind, table.form()),
          "report it with PostgreSQL's version and the types of the table's columns");
    }
    return tuple.value(place);
  }

  private byte @Nullable [] apply(int place, byte @Nullable [] value) {
    try {
      return masks[place].apply(value);
    } catch (Utf8Only.InvalidException e) {
      throw TableFailure.of(table, table.sent().get(place), e);
    }
  }
}
