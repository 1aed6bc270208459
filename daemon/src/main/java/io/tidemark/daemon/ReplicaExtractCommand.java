package io.tidemark.daemon;

import io.tidemark.replicamanager.Extract;
import io.tidemark.replicamanager.Extract.Extracted;
import io.tidemark.replicamanager.Extract.Into;
import io.tidemark.replicamanager.Extract.Method;
import io.tidemark.replicamanager.ReplicaHome;
import io.tidemark.replicamanager.TableName;
import io.tidemark.replicamanager.TargetServer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Copies a table as of the moment at which a standby stands. */
@Command(
    name = "extract",
    description = {
      "Copies one table as of the moment at which a replica stands still, into a file or another"
          + " server. The replica must be paused, or advanced to a moment.",
      "A file is in pg_dump's custom format where pg_dump is at hand, else in COPY's text format"
          + " with the CREATE TABLE beside it. Into a server go the table and its rows."
    },
    footer = {
      "%nExamples:",
      "  tidemark replica extract later shop.public.orders --into orders.dump",
      "  tidemark replica extract later shop.public.orders --as rescue.orders --into 'host=db1"
          + " dbname=shop user=postgres'"
    })
final class ReplicaExtractCommand implements Callable<Integer> {
  private final Invocation invocation;

  @Parameters(
      index = "0",
      paramLabel = "REPLICA",
      description = "A name under replicas: in the configuration.")
  String replica = "";

  @Parameters(
      index = "1",
      paramLabel = "TABLE",
      description = "database.schema.table, or schema.table of the cluster's database.")
  String table = "";

  @Option(
      names = "--into",
      required = true,
      paramLabel = "WHERE",
      description =
          "A file, or a server: 'host=… port=… dbname=… user=…' (password by ~/.pgpass or"
              + " passfile=).")
  String into = "";

  @Option(
      names = "--as",
      paramLabel = "SCHEMA.TABLE",
      description = "Its name there (default: the same). Copies by COPY.")
  @Nullable String as;

  ReplicaExtractCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    TableName name = TableName.parse(table);
    Optional<TableName> other = Optional.ofNullable(as).map(TableName::parse);
    Into where = where();
    Output output = invocation.output();
    try (ReplicaDesk desk = ReplicaDesk.open(invocation, replica);
        ReplicaHome.Lock _ = desk.lock()) {
      Extracted extracted = new Extract(desk.spec()).run(name, where, other);
      output.result(extracted, () -> text(extracted));
      return 0;
    }
  }

  private Into where() {
    return TargetServer.isOne(into)
        ? new Into.Server(TargetServer.parse(into))
        : new Into.File(Path.of(into).toAbsolutePath().normalize());
  }

  private String text(Extracted extracted) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s of %s as of %s: %d rows into %s\n"
            .formatted(
                extracted.table(),
                replica,
                ReplicaText.position(extracted.replayed(), extracted.lastCommit()),
                extracted.rows(),
                extracted.into()));
    if (extracted.method() == Method.PG_DUMP && !extracted.files().isEmpty()) {
      text.append("  put it back: pg_restore -d DATABASE ").append(extracted.files().getFirst());
    } else if (!extracted.files().isEmpty()) {
      text.append("  put it back: psql -d DATABASE -f ").append(extracted.files().getLast());
    } else {
      text.append("  left out: indexes, foreign keys, triggers, owner and privileges");
    }
    return text.toString();
  }
}
