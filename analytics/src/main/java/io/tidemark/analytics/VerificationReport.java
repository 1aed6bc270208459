package io.tidemark.analytics;

import java.util.List;

/** What a verification has found, table by table. */
public record VerificationReport(List<TableVerification> tables) {
  public VerificationReport {
    tables = List.copyOf(tables);
  }

  /** Whether a difference was found. */
  public boolean differs() {
    return tables.stream().anyMatch(TableVerification::differs);
  }

  /** Whether all of every table was compared. */
  public boolean complete() {
    return tables.stream().allMatch(TableVerification::complete);
  }
}
