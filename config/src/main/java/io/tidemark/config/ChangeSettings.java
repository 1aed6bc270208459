package io.tidemark.config;

/** What is done when a table of a source changes its shape; one policy for each kind of change. */
public record ChangeSettings(
    AddedColumn addedColumn,
    DroppedColumn droppedColumn,
    RenamedColumn renamedColumn,
    ChangedType changedType,
    NewTable newTable) {

  /** A column that the configuration names and that the target has not yet. */
  public enum AddedColumn {
    /** It is added, and rows that are there get their values by a resync of the table. */
    APPLY,
    /** It is added, and rows that are there keep null in it until they change. */
    APPLY_NULLABLE,
    /** The table waits for a decision. */
    HOLD,
    /** It is left out. */
    IGNORE
  }

  /** A column that the source has no more. */
  public enum DroppedColumn {
    /** It is dropped. */
    APPLY,
    /** It stays, marked by a comment; new rows have null in it. */
    KEEP,
    /** The table waits for a decision. */
    HOLD
  }

  /** A column with another name. */
  public enum RenamedColumn {
    /** It is renamed. */
    APPLY,
    /** It keeps its name in the target. */
    IGNORE,
    /** The table waits for a decision. */
    HOLD
  }

  /** A column with another type. */
  public enum ChangedType {
    /** Its type is changed where every value there is can be converted; else the table is held. */
    APPLY,
    /** The table waits for a decision. */
    HOLD
  }

  /** A table that a pattern matches and that was not there before. */
  public enum NewTable {
    /** It is copied and followed. */
    APPLY,
    /** It waits for {@code tidemark analytics resync}. */
    HOLD,
    /** It is left out. */
    IGNORE
  }

  static ChangeSettings read(Section section) {
    return section
        .build(
            () ->
                new ChangeSettings(
                    section.get("added-column", Kind.choice(AddedColumn.class), "apply-nullable"),
                    section.get("dropped-column", Kind.choice(DroppedColumn.class), "keep"),
                    section.get("renamed-column", Kind.choice(RenamedColumn.class), "apply"),
                    section.get("changed-type", Kind.choice(ChangedType.class), "apply"),
                    section.get("new-table", Kind.choice(NewTable.class), "apply")))
        .orElseGet(ChangeSettings::defaults);
  }

  /** What holds where the file says nothing. */
  public static ChangeSettings defaults() {
    return new ChangeSettings(
        AddedColumn.APPLY_NULLABLE,
        DroppedColumn.KEEP,
        RenamedColumn.APPLY,
        ChangedType.APPLY,
        NewTable.APPLY);
  }
}
