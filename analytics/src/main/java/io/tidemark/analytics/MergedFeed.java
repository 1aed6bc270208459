package io.tidemark.analytics;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.PostgresSession;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A feed of the merge engine. One thread uses it. */
final class MergedFeed implements VerifiedFeed {
  private final FeedSpec spec;
  private final FeedLinks links;
  private @Nullable TableMapping mapping;

  MergedFeed(FeedSpec spec) {
    this.spec = spec;
    this.links = new FeedLinks(spec);
  }

  @Override
  public String name() {
    return spec.name();
  }

  @Override
  public PostgresSession openSource() {
    return links.sources().get();
  }

  @Override
  public PostgresSession openTarget() {
    return links.targets().get();
  }

  @Override
  public VerificationState saved() {
    return new VerificationState(spec.stateSchema(), spec.pipeline().name(), spec.source().name());
  }

  @Override
  public List<TableName> tables(PostgresSession target) {
    if (spec.state().feed(links.target(), FeedRole.MAIN).filter(FeedRow::copied).isEmpty()) {
      throw new TidemarkException(
          ErrorCode.CHECK_FAILED,
          spec.name() + ": it does not follow its source yet, so there is nothing to verify",
          "tidemark analytics status says how far it is");
    }
    mapping = new FeedLoader(spec, links, () -> false).mapping();
    return spec.state().tables(target).stream().map(TableRow::name).toList();
  }

  private Optional<MappedTable> now(TableName name) {
    TableMapping read = mapping;
    return read == null ? Optional.empty() : read.table(name);
  }

  @Override
  public Optional<MappedTable> table(PostgresSession target, TableName name) {
    return now(name).map(now -> SavedMapping.compared(now, spec.state().columns().all(target)));
  }

  @Override
  public Optional<String> unfit(PostgresSession target, TableName name) {
    Optional<TableRow> row =
        spec.state().tables(target).stream().filter(each -> each.name().equals(name)).findFirst();
    Optional<MappedTable> now = now(name);
    if (row.isEmpty() || now.isEmpty()) {
      return Optional.of("it is not taken any more");
    }
    if (!row.get().isMain()) {
      return Optional.of("it is being brought in beside the others");
    }
    if (row.get().state() != TableState.STREAMING) {
      return Optional.of("it is " + row.get().state().word());
    }
    return now.get().kind() == MappedTable.Kind.APPEND
        ? Optional.of("only its inserts are taken")
        : Optional.empty();
  }

  @Override
  public Lsn applied(PostgresSession source, PostgresSession target) {
    return spec.state().feed(target, FeedRole.MAIN).map(FeedRow::applied).orElse(Lsn.ZERO);
  }

  @Override
  public void close() {
    links.close();
  }
}
