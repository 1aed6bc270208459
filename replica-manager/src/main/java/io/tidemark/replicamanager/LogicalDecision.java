package io.tidemark.replicamanager;

import java.util.List;

/** What is to be done for a native pipeline next, and why. */
public sealed interface LogicalDecision {

  /** Every {@link #word}. */
  List<String> WORDS =
      List.of(
          "nothing",
          "create-type",
          "create-table",
          "alter-table",
          "truncate",
          "publish",
          "unpublish",
          "resync",
          "subscribe",
          "configure",
          "refresh",
          "enable",
          "disable",
          "rebuild",
          "drop",
          "wait",
          "refuse");

  /** The reason, a phrase for people. */
  String why();

  /** It is as it should be. */
  record Nothing(String why) implements LogicalDecision {}

  /** Make a type of the source's in the target, or add an enum's new label. */
  record CreateType(String type, String sql, String why) implements LogicalDecision {}

  /** Make an empty table in the target, or take one that is there and empty. */
  record CreateTable(TableName table, String sql, String why) implements LogicalDecision {}

  /** Make a table of the target what the source's is. */
  record AlterTable(TableName table, List<String> changes, String why) implements LogicalDecision {
    public AlterTable {
      changes = List.copyOf(changes);
    }
  }

  /** Empty tables of the target, which Tidemark made, before they are copied again. */
  record Truncate(List<TableName> tables, String why) implements LogicalDecision {
    public Truncate {
      tables = List.copyOf(tables);
    }
  }

  /**
   * Add tables to a publication on the source, which is made where there is none.
   *
   * @param tables as SQL has them
   */
  record Publish(String publication, List<String> tables, String why) implements LogicalDecision {
    public Publish {
      tables = List.copyOf(tables);
    }
  }

  /** Take tables out of a publication. */
  record Unpublish(String publication, List<TableName> tables, String why)
      implements LogicalDecision {
    public Unpublish {
      tables = List.copyOf(tables);
    }
  }

  /**
   * Have tables copied again.
   *
   * @param requests that ask for it; may be empty
   */
  record Resync(List<TableName> tables, List<Long> requests, String why)
      implements LogicalDecision {
    public Resync {
      tables = List.copyOf(tables);
      requests = List.copyOf(requests);
    }
  }

  /** Make slot and subscription. */
  record Subscribe(boolean binary, String why) implements LogicalDecision {}

  /**
   * Alter the subscription.
   *
   * @param changes what follows ALTER SUBSCRIPTION and the name; empty: its connection
   */
  record Configure(List<String> changes, String why) implements LogicalDecision {
    public Configure {
      changes = List.copyOf(changes);
    }
  }

  /** Have the subscription read anew which tables are published. */
  record Refresh(String why) implements LogicalDecision {}

  /**
   * Let the subscription run.
   *
   * @param refresh whether it is to read anew what is published at once, before a change of a table
   *     that has left stops it again
   */
  record Enable(boolean refresh, String why) implements LogicalDecision {}

  /** Have the subscription stand still. */
  record Disable(String why) implements LogicalDecision {}

  /** Drop subscription and slot; all tables are copied again. */
  record Rebuild(String why) implements LogicalDecision {}

  /** Drop subscription, slot and publication. */
  record Drop(String why) implements LogicalDecision {}

  /** Something must pass, or be known, first. */
  record Wait(String why) implements LogicalDecision {}

  /** What would help is not for the daemon to do by itself. */
  record Refuse(String why, String advice) implements LogicalDecision {}

  /** Whether it changes anything. */
  default boolean isAction() {
    return !(this instanceof Nothing || this instanceof Wait || this instanceof Refuse);
  }

  /** What a failure of it concerns, for a retry after a while; the others go on meanwhile. */
  default String subject() {
    return switch (this) {
      case CreateType type -> "type " + type.type();
      case CreateTable create -> create.table().toString();
      case AlterTable alter -> alter.table().toString();
      case Nothing _,
          Truncate _,
          Publish _,
          Unpublish _,
          Resync _,
          Subscribe _,
          Configure _,
          Refresh _,
          Enable _,
          Disable _,
          Rebuild _,
          Drop _,
          Wait _,
          Refuse _ ->
          "";
    };
  }

  /** For people and metrics: {@code create-table}. */
  default String word() {
    return switch (this) {
      case Nothing _ -> "nothing";
      case CreateType _ -> "create-type";
      case CreateTable _ -> "create-table";
      case AlterTable _ -> "alter-table";
      case Truncate _ -> "truncate";
      case Publish _ -> "publish";
      case Unpublish _ -> "unpublish";
      case Resync _ -> "resync";
      case Subscribe _ -> "subscribe";
      case Configure _ -> "configure";
      case Refresh _ -> "refresh";
      case Enable _ -> "enable";
      case Disable _ -> "disable";
      case Rebuild _ -> "rebuild";
      case Drop _ -> "drop";
      case Wait _ -> "wait";
      case Refuse _ -> "refuse";
    };
  }
}
