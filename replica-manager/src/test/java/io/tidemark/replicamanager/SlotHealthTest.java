package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.SlotName;
import io.tidemark.postgres.StandbyRow;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SlotHealthTest {
  private static final long MIB = 1 << 20;
  private static final KeepLimit LIMIT = KeepLimit.ofMegabytes("1000");
  private static final Instant SINCE = Instant.parse("2026-11-20T12:00:00Z");

  static Stream<Arguments> slots() {
    return Stream.of(
        row("read, far from the limit", slot(true, "reserved", 900 * MIB), LIMIT, 0, healthy()),
        row(
            "beyond max_wal_size, which is usual",
            slot(true, "extended", 900 * MIB),
            LIMIT,
            0,
            healthy()),
        row(
            "read, without a limit",
            slot(true, "reserved", null),
            KeepLimit.NONE,
            0,
            new SlotHealth.Unbounded()),
        row(
            "nobody reads it, with a limit",
            slot(false, "reserved", 900 * MIB),
            LIMIT,
            0,
            new SlotHealth.Inactive(Optional.of(SINCE), false)),
        row(
            "nobody reads it, without a limit",
            slot(false, "extended", null),
            KeepLimit.NONE,
            0,
            new SlotHealth.Inactive(Optional.of(SINCE), true)),
        row(
            "never used: it keeps nothing",
            slot(false, null, null),
            LIMIT,
            0,
            new SlotHealth.Inactive(Optional.of(SINCE), false)),
        row(
            "less than a quarter left",
            slot(true, "extended", 249 * MIB),
            LIMIT,
            0,
            new SlotHealth.AtRisk(249 * MIB, Optional.empty())),
        row("a quarter left", slot(true, "extended", 250 * MIB), LIMIT, 0, healthy()),
        row(
            "nobody reads it and little is left",
            slot(false, "extended", 1 * MIB),
            LIMIT,
            MIB,
            new SlotHealth.AtRisk(MIB, Optional.of(Duration.ofSeconds(1)))),
        row(
            "kept up with in a burst of WAL",
            slot(true, "reserved", 900 * MIB),
            LIMIT,
            20 * MIB,
            healthy()),
        row(
            "nobody reads it in a burst of WAL",
            slot(false, "reserved", 900 * MIB),
            LIMIT,
            3 * MIB,
            new SlotHealth.AtRisk(900 * MIB, Optional.of(Duration.ofMinutes(5)))),
        row(
            "much left, and gone in ten minutes",
            slot(true, "reserved", 600 * MIB),
            LIMIT,
            MIB,
            new SlotHealth.AtRisk(600 * MIB, Optional.of(Duration.ofMinutes(10)))),
        row(
            "the next checkpoint removes it",
            slot(true, "unreserved", -5L),
            LIMIT,
            0,
            new SlotHealth.AtRisk(-5, Optional.of(Duration.ZERO))),
        row(
            "unreserved without a figure",
            slot(true, "unreserved", null),
            LIMIT,
            0,
            new SlotHealth.AtRisk(0, Optional.of(Duration.ZERO))),
        row(
            "lost, whose safe size is as empty as without a limit",
            slot(false, "lost", null),
            LIMIT,
            0,
            new SlotHealth.Lost("lost")),
        row(
            "lost although somebody is connected",
            slot(true, "lost", null),
            KeepLimit.NONE,
            0,
            new SlotHealth.Lost("lost")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("slots")
  void judgesASlot(
      String name,
      ReplicationSlotRow slot,
      KeepLimit limit,
      OptionalDouble rate,
      SlotHealth expected) {
    assertThat(SlotHealth.judge(slot, limit, rate)).as(name).isEqualTo(expected);
  }

  @Test
  void keepsNothingWhereNothingIsReserved() {
    assertThat(SlotHealth.retainedBytes(slot(false, null, null, null), lsn(100))).isEmpty();
    assertThat(SlotHealth.retainedBytes(slot(true, "reserved", null, lsn(40)), lsn(100)))
        .hasValue(60);
  }

  @Test
  void readsTheServersLimitInMegabytes() {
    assertThat(KeepLimit.ofMegabytes("-1")).isEqualTo(KeepLimit.NONE);
    assertThat(KeepLimit.ofMegabytes("0").bytes()).hasValue(0);
    assertThat(KeepLimit.ofMegabytes("64").bytes()).hasValue(64 * MIB);
  }

  @Test
  void saysUnknownOfAStandbyThatShowsNoPositions() {
    StandbyLag lag = StandbyLag.of(standby(null, null, null, null), lsn(100));

    assertThat(Stream.of(lag.sent(), lag.write(), lag.flush(), lag.replay()))
        .containsOnly(OptionalLong.empty());
  }

  @Test
  void measuresEveryStageFromTheEndOfTheServersWal() {
    StandbyLag lag = StandbyLag.of(standby(lsn(110), lsn(90), Lsn.ZERO, lsn(40)), lsn(100));

    assertThat(lag.sent()).as("later than the end asked for before").hasValue(0);
    assertThat(lag.write()).hasValue(10);
    assertThat(lag.flush()).as("0/0: it never said").isEmpty();
    assertThat(lag.replay()).hasValue(60);
  }

  @Test
  void smoothsTheRateAndBeginsAnewWhenTheServerWentBack() {
    long second = Duration.ofSeconds(1).toNanos();
    WalRate first = WalRate.unknown().next(lsn(1000), 0);
    WalRate second1 = first.next(lsn(2000), second);
    WalRate second2 = second1.next(lsn(2000), 2 * second);

    assertThat(first.bytesPerSecond()).isEmpty();
    assertThat(second1.bytesPerSecond()).hasValue(1000);
    assertThat(second2.bytesPerSecond()).hasValue(800);
    assertThat(second2.next(lsn(10), 3 * second).bytesPerSecond()).isEmpty();
  }

  private static Arguments row(
      String name, ReplicationSlotRow slot, KeepLimit limit, double rate, SlotHealth expected) {
    OptionalDouble known = rate == 0 ? OptionalDouble.empty() : OptionalDouble.of(rate);
    return Arguments.of(name, slot, limit, known, expected);
  }

  private static SlotHealth healthy() {
    return new SlotHealth.Healthy();
  }

  private static Lsn lsn(long value) {
    return new Lsn(value);
  }

  private static ReplicationSlotRow slot(
      boolean active, @Nullable String walStatus, @Nullable Long safe) {
    return slot(active, walStatus, safe, lsn(1));
  }

  private static ReplicationSlotRow slot(
      boolean active, @Nullable String walStatus, @Nullable Long safe, @Nullable Lsn restart) {
    return new ReplicationSlotRow(
        new SlotName("s"),
        "physical",
        Optional.empty(),
        Optional.empty(),
        false,
        active,
        Optional.empty(),
        Optional.ofNullable(restart),
        Optional.empty(),
        Optional.ofNullable(walStatus),
        Optional.ofNullable(safe),
        false,
        active ? Optional.empty() : Optional.of(SINCE),
        Optional.empty(),
        false,
        false);
  }

  private static StandbyRow standby(
      @Nullable Lsn sent, @Nullable Lsn write, @Nullable Lsn flush, @Nullable Lsn replay) {
    return new StandbyRow(
        1,
        Optional.empty(),
        "reader",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.ofNullable(sent),
        Optional.ofNullable(write),
        Optional.ofNullable(flush),
        Optional.ofNullable(replay),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
