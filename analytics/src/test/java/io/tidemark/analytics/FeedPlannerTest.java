package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.ReplicationSlotRow;
import io.tidemark.postgres.SlotName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FeedPlannerTest {
  private static final String SLOT = "tidemark_school_one";

  private static FeedRow feed(String applied, boolean copied) {
    return new FeedRow(
        SLOT,
        "7",
        Lsn.parse("0/10"),
        Lsn.parse(applied),
        Optional.empty(),
        Optional.empty(),
        copied,
        0,
        0);
  }

  private static ReplicationSlotRow slot(
      String confirmed, @Nullable String walStatus, @Nullable String invalidation) {
    return new ReplicationSlotRow(
        new SlotName(SLOT),
        "logical",
        Optional.of("pgoutput"),
        Optional.of("app"),
        false,
        false,
        Optional.empty(),
        Optional.of(Lsn.parse("0/10")),
        Optional.of(Lsn.parse(confirmed)),
        Optional.ofNullable(walStatus),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.ofNullable(invalidation),
        false,
        false);
  }

  private static FeedDecision running(
      @Nullable FeedRow feed, @Nullable ReplicationSlotRow slot, String systemId, String end) {
    return FeedPlanner.decide(
        new FeedObservation(
            Optional.of("running"),
            Optional.ofNullable(feed),
            Optional.ofNullable(slot),
            systemId,
            "logical",
            Lsn.parse(end),
            Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource({"-, wait, start", "paused, wait, resume", "dropped, drop, command"})
  void whatIsWishedComesFirst(String wish, String word, String why) {
    FeedDecision decision =
        FeedPlanner.decide(
            new FeedObservation(
                Optional.of(wish).filter(each -> !each.equals("-")),
                Optional.of(feed("0/20", true)),
                Optional.empty(),
                "",
                "",
                Lsn.ZERO,
                Optional.empty()));
    assertThat(decision.word()).isEqualTo(word);
    assertThat(decision.why()).contains(why);
  }

  @Test
  void aSourceWithoutLogicalWalIsRefusedWithAdvice() {
    FeedDecision decision =
        FeedPlanner.decide(
            new FeedObservation(
                Optional.of("running"),
                Optional.empty(),
                Optional.empty(),
                "7",
                "replica",
                Lsn.parse("0/30"),
                Optional.empty()));
    assertThat(decision)
        .isEqualTo(
            new FeedDecision.Refuse(
                "the source has wal_level = replica; expected logical",
                "ALTER SYSTEM SET wal_level = 'logical', and restart it"));
  }

  @Test
  void beginsCopiesOnAndFollows() {
    assertThat(running(null, null, "7", "0/30")).isInstanceOf(FeedDecision.Begin.class);
    assertThat(running(feed("0/20", false), slot("0/20", "reserved", null), "7", "0/30"))
        .isInstanceOf(FeedDecision.CopyOn.class);
    assertThat(running(feed("0/20", true), slot("0/18", "extended", null), "7", "0/20"))
        .isInstanceOf(FeedDecision.Stream.class);
  }

  @Test
  void anotherClusterIsRefusedWhateverItsSlotIs() {
    assertThat(running(feed("0/20", true), slot("0/20", "reserved", null), "8", "0/30"))
        .isInstanceOf(FeedDecision.Refuse.class);
    assertThat(running(feed("0/20", true), null, "8", "0/30"))
        .isInstanceOf(FeedDecision.Refuse.class);
  }

  @Test
  void whereChangesMayBeMissingItIsRebuilt() {
    FeedRow feed = feed("0/20", true);
    assertThat(running(feed, null, "7", "0/30"))
        .isEqualTo(new FeedDecision.Rebuild("its slot " + SLOT + " is gone"));
    assertThat(running(feed, slot("0/20", "lost", null), "7", "0/30").why()).contains("lost its");
    assertThat(running(feed, slot("0/20", "reserved", "rows_removed"), "7", "0/30").why())
        .contains("lost its WAL");
    assertThat(running(feed, slot("0/21", "reserved", null), "7", "0/30").why())
        .contains("confirmed to 0/21", "only 0/20");
    assertThat(running(feed, slot("0/20", "reserved", null), "7", "0/1F").why())
        .contains("ends at 0/1F");
    assertThat(running(feed("0/20", false), null, "7", "0/30"))
        .isInstanceOf(FeedDecision.Rebuild.class);
    assertThat(
            FeedPlanner.unusable(
                Optional.of(slot("0/20", "reserved", null)),
                Lsn.parse("0/30"),
                Optional.of("another commit"),
                feed))
        .hasValueSatisfying(why -> assertThat(why).contains("put back", "another commit"));
  }

  @Test
  void everyDecisionHasAWordOfTheList() {
    assertThat(running(feed("0/20", true), null, "7", "0/30").word()).isIn(FeedDecision.WORDS);
  }
}
