package io.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final long BYTES = 1_000_000_000;

  @Test
  void dividesTheMediansOfTidemarkAndOfEachPeer() {
    Result result = result(Result.Task.BACKUP, row("Tidemark", 4, 5, 9), row(PgBackRest.NAME, 10));

    assertThat(Report.of(result).lines())
        .anySatisfy(line -> assertThat(line).startsWith("| Tidemark | 5.00 (4.00–9.00) | 200 |"))
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("| pgBackRest zst:3 | 10.0 | 100 |")
                    .contains("| 0.50 |"));
  }

  @Test
  void saysPlainlyWhichTargetsWereMissed() {
    Result backup = result(Result.Task.BACKUP, row("Tidemark", 11), row(PgBackRest.NAME, 10));
    Result archive = result(Result.Task.ARCHIVE, row("Tidemark", 4));

    assertThat(Report.targets(List.of(backup, archive)).lines())
        .contains(
            "| full backup ÷ pgBackRest | ≤ 1.00 | 1.10 | **missed** |",
            "| memory of backup, MiB | ≤ 512.0 | 300.0 | met |",
            "| archiving, MB/s | ≥ 200.0 | 250.0 | met |",
            "| memory of the daemon archiving, MiB | ≤ 256.0 | 300.0 | **missed** |");
  }

  @Test
  void promisesNothingAgainstAPeerThatDidNotTakePart() {
    Result recovery = result(Result.Task.RECOVERY, row("Tidemark", 4));

    assertThat(Report.targets(List.of(recovery))).isEmpty();
  }

  @Test
  void showsAColumnThatOnlyOneTaskHas() {
    Measured fast = new Measured(2, 1, 1, 0, 1).with("tx/s", 5000);
    Result apply =
        new Result(
            Result.Task.ANALYTICS_APPLY_PGBENCH,
            0,
            List.of(
                new Row("subscription", List.of(fast), OptionalLong.empty()),
                new Row("other", List.of(new Measured(2, 1, 1, 0, 1)), OptionalLong.empty())));

    assertThat(Report.of(apply).lines())
        .contains(
            "| program | wall s | MB/s | CPU s | PostgreSQL's CPU s | tx/s | memory MiB | stored MiB"
                + " | Tidemark ÷ it | load before |",
            "| subscription | 2.00 | – | 1.00 | 1.00 | 5000 | – |  |  | 1.00 |",
            "| other | 2.00 | – | 1.00 | 1.00 | – | – |  |  | 1.00 |");
    assertThat(Report.targets(List.of(apply))).isEmpty();
  }

  @Test
  void comparesTheRateOfApplyWithTheSubscriptions() {
    Result apply =
        result(Result.Task.ANALYTICS_APPLY_BULK, row("Tidemark", 5), row(NativeFollower.NAME, 7));

    assertThat(Report.targets(List.of(apply)).lines())
        .contains("| apply of bulk inserts, rate ÷ subscription | ≥ 1.20 | 1.40 | met |");
  }

  private static Result result(Result.Task task, Row... rows) {
    return new Result(task, BYTES, List.of(rows));
  }

  private static Row row(String name, double... seconds) {
    List<Measured> runs =
        DoubleStream.of(seconds)
            .mapToObj(each -> new Measured(each, each, 0, 300 * ByteSize.MIB, 1))
            .toList();
    return new Row(name, runs, OptionalLong.of(BYTES / 5));
  }
}
