package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.daemon.BackupDue.Last;
import io.tidemark.postgres.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BackupDueTest {
  private static final String NIGHTLY = "0 0 2 * * ?";
  private static final Instant CREATED = at("2026-11-01T12:00:00");

  static Stream<Arguments> cases() {
    return Stream.of(
        row("nothing is scheduled", "", "", 0, "2026-11-20T12:00:00", "never"),
        row(
            "there is no backup",
            NIGHTLY,
            "",
            0,
            "2026-11-20T12:00:00",
            "since 2026-11-01T12:00:00"),
        row(
            "last night's is there",
            NIGHTLY,
            "2026-11-20T02:00:03",
            0,
            "2026-11-20T12:00:00",
            "not before 2026-11-21T02:00:00"),
        row(
            "the machine was off last night",
            NIGHTLY,
            "2026-11-19T02:00:03",
            0,
            "2026-11-20T12:00:00",
            "since 2026-11-20T02:00:00"),
        row(
            "the machine was off for weeks",
            NIGHTLY,
            "2026-11-03T02:00:03",
            0,
            "2026-11-20T12:00:00",
            "since 2026-11-20T02:00:00"),
        row(
            "it fires just now",
            NIGHTLY,
            "2026-11-19T02:00:03",
            0,
            "2026-11-20T02:00:00",
            "since 2026-11-20T02:00:00"),
        row(
            "a second before it fires",
            NIGHTLY,
            "2026-11-19T02:00:03",
            0,
            "2026-11-20T01:59:59",
            "not before 2026-11-20T02:00:00"),
        row(
            "the server's clock is half a minute behind",
            NIGHTLY,
            "2026-11-20T01:59:31",
            0,
            "2026-11-20T02:10:00",
            "not before 2026-11-21T02:00:00"),
        row(
            "one by hand an hour before does not count for the night's",
            NIGHTLY,
            "2026-11-20T01:00:00",
            0,
            "2026-11-20T02:10:00",
            "since 2026-11-20T02:00:00"),
        row(
            "one by hand in between serves until the night",
            NIGHTLY,
            "2026-11-20T11:00:00",
            0,
            "2026-11-20T12:00:00",
            "not before 2026-11-21T02:00:00"),
        row(
            "WAL was lost since",
            NIGHTLY,
            "2026-11-20T02:00:03",
            101,
            "2026-11-20T12:00:00",
            "since 2026-11-20T02:00:03"),
        row(
            "WAL was lost before",
            NIGHTLY,
            "2026-11-20T02:00:03",
            100,
            "2026-11-20T12:00:00",
            "not before 2026-11-21T02:00:00"),
        row(
            "every second",
            "* * * * * ?",
            "2026-11-20T11:59:57",
            0,
            "2026-11-20T12:00:00",
            "since 2026-11-20T12:00:00"),
        row(
            "once, years ago, and that was done",
            "0 0 2 1 1 ? 2024",
            "2024-01-01T02:00:01",
            0,
            "2026-11-20T12:00:00",
            "never"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void decides(
      String name,
      Optional<Cron> schedule,
      Optional<Last> last,
      Optional<Lsn> gap,
      Instant now,
      String expected) {
    BackupDue due = BackupDue.decide(schedule, CREATED, last, gap, now);

    assertThat(text(due)).as(name).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 0 2 * * ?        | 2026-11-20T01:59:59 | 2026-11-19T02:00:00",
        "0 0 2 * * ?        | 2026-11-20T02:00:00 | 2026-11-20T02:00:00",
        "* * * * * ?        | 2026-11-20T12:34:56 | 2026-11-20T12:34:56",
        "0 30 3 ? * SUN     | 2026-11-20T12:00:00 | 2026-11-15T03:30:00",
        "0 0 0 29 2 ?       | 2026-11-20T12:00:00 | 2024-02-29T00:00:00",
        "* * * ? JAN *      | 2026-11-20T12:00:00 | 2026-01-31T23:59:59",
      })
  void findsThePreviousTimeThatAScheduleFired(String cron, String now, String expected) {
    assertThat(new Cron(cron).previous(at(now))).contains(at(expected));
  }

  @Test
  void findsNoneBeforeTheFirst() {
    assertThat(new Cron("0 0 2 1 1 ? 2040").previous(at("2026-11-20T12:00:00"))).isEmpty();
  }

  @Test
  void triesAgainLaterAndLaterButAtLeastEveryHour() {
    Instant now = at("2026-11-20T12:00:00");
    Tries tries = Tries.NONE;
    for (int minutes : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      tries = tries.failed(now);
      assertThat(Duration.between(now, tries.notBefore())).hasMinutes(minutes);
      assertThat(tries.mayTry(tries.notBefore().minusMillis(1))).isFalse();
      assertThat(tries.mayTry(tries.notBefore())).isTrue();
    }
    assertThat(tries.failures()).isEqualTo(8);
    assertThat(tries.later(now).failures()).as("a lease of others is no failure").isEqualTo(8);
  }

  private static Arguments row(
      String name, String cron, String last, long gapEnd, String now, String expected) {
    Optional<Cron> schedule = cron.isEmpty() ? Optional.empty() : Optional.of(new Cron(cron));
    Optional<Last> backup =
        last.isEmpty() ? Optional.empty() : Optional.of(new Last(at(last), new Lsn(100)));
    Optional<Lsn> gap = gapEnd == 0 ? Optional.empty() : Optional.of(new Lsn(gapEnd));
    return Arguments.of(name, schedule, backup, gap, at(now), expected);
  }

  private static String text(BackupDue due) {
    return switch (due) {
      case BackupDue.Due(Instant since, String _) -> "since " + local(since);
      case BackupDue.NotYet(Instant next) -> "not before " + local(next);
      case BackupDue.Never() -> "never";
    };
  }

  private static String local(Instant moment) {
    return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(
        LocalDateTime.ofInstant(moment, ZoneId.systemDefault()));
  }

  private static Instant at(String local) {
    return LocalDateTime.parse(local).atZone(ZoneId.systemDefault()).toInstant();
  }
}
