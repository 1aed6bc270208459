package io.tidemark.analytics;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.util.List;
import java.util.Optional;

/** What keeps a source's rows in the target level with it, as a verification sees it. */
interface VerifiedFeed extends AutoCloseable {

  /** {@code pipeline/source}. */
  String name();

  /** A session with the source, of its own. */
  PostgresSession openSource();

  /** A session with the target, of its own. */
  PostgresSession openTarget();

  VerificationState saved();

  /**
   * Looks what there is to compare.
   *
   * @throws io.tidemark.config.TidemarkException CHECK_FAILED where nothing follows yet
   */
  List<TableName> tables(PostgresSession target);

  /** A table and what is taken of it, as it is in the target; empty: it is not taken any more. */
  Optional<MappedTable> table(PostgresSession target, TableName name);

  /** Why a table cannot be compared now; empty: it can. */
  Optional<String> unfit(PostgresSession target, TableName name);

  /** Everything that the source committed before is in the target. */
  Lsn applied(PostgresSession source, PostgresSession target);

  @Override
  void close();
}
