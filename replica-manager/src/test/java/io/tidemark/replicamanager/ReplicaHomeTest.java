package io.tidemark.replicamanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.SystemId;
import io.tidemark.replicamanager.ReplicaState.Work;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaHomeTest {
  @TempDir private Path top;

  private ReplicaHome home;
  private Path data;

  @BeforeEach
  void makeHome() {
    home = ReplicaHome.of(top.resolve("state"), "x");
    data = top.resolve("data");
  }

  private ReplicaState state(Work work, Wish wish) {
    return new ReplicaState(
        data, new SystemId(-5), "id", work, wish, Instant.parse("2026-11-20T18:00:00Z"));
  }

  private DirectoryView look() {
    return DirectoryObserver.look(data, home.read());
  }

  @Test
  void everyStateIsReadAsItWasWritten() {
    assertThat(home.read()).isEmpty();
    for (Wish wish :
        List.of(
            new Wish.Running(),
            new Wish.Paused(),
            new Wish.Promoted(),
            new Wish.Dropped(),
            new Wish.HeldAt("xid 5, not included", Map.of("recovery_target_xid", "5")))) {
      for (Work work : Work.values()) {
        home.write(state(work, wish));
        assertThat(home.read()).contains(state(work, wish));
      }
    }
  }

  @Test
  void aStateThatCannotBeReadIsAnError() throws Exception {
    home.write(state(Work.NONE, new Wish.Running()));
    Files.writeString(home.stateFile(), "{\"version\": 2}");

    assertThatThrownBy(home::read)
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("it is of version 2; expected 1");
  }

  @Test
  void oneAtATimeHoldsTheLock() throws Exception {
    try (ReplicaHome.Lock _ = home.lock(Duration.ofSeconds(1))) {
      assertThat(home.tryLock()).isEmpty();
      assertThatThrownBy(() -> home.lock(Duration.ofMillis(1)))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("is being worked on");
    }
    Optional<ReplicaHome.Lock> again = home.tryLock();
    assertThat(again).isPresent();
    again.get().close();
  }

  @Test
  void aDirectoryThatNobodyMadeIsForeign() throws Exception {
    assertThat(look()).isInstanceOf(DirectoryView.Absent.class);
    Files.createDirectories(data);
    assertThat(look()).isInstanceOf(DirectoryView.Empty.class);
    Files.writeString(data.resolve("PG_VERSION"), "17\n");
    assertThat(look()).isInstanceOf(DirectoryView.Foreign.class);
  }

  @Test
  void whatWasBuiltAndIsGoneIsNotTakenForNew() throws Exception {
    home.write(state(Work.NONE, new Wish.Running()));
    assertThat(look()).isInstanceOf(DirectoryView.Gone.class);
    Files.createDirectories(data);
    assertThat(look()).isInstanceOf(DirectoryView.Gone.class);
    home.write(state(Work.BUILDING, new Wish.Running()));
    assertThat(look()).isInstanceOf(DirectoryView.Empty.class);
    home.write(state(Work.NONE, new Wish.Dropped()));
    assertThat(look()).isInstanceOf(DirectoryView.Empty.class);
  }

  @Test
  void anotherDirectoryInItsPlaceIsForeign() throws Exception {
    home.write(state(Work.NONE, new Wish.Running()));
    Files.createDirectories(data);
    Files.writeString(data.resolve("PG_VERSION"), "17\n");
    assertThat(look())
        .isInstanceOfSatisfying(
            DirectoryView.Foreign.class,
            foreign -> assertThat(foreign.why()).contains("put in its place"));

    ReplicaHome.mark(data, "other");
    assertThat(look())
        .isInstanceOfSatisfying(
            DirectoryView.Foreign.class, foreign -> assertThat(foreign.why()).contains("marked"));

    ReplicaHome.mark(data, "id");
    assertThat(look()).isInstanceOf(DirectoryView.Unfinished.class);
  }

  @Test
  void aBuildThatWasBrokenOffIsKnownByTheRestoresMarker() throws Exception {
    home.write(state(Work.BUILDING, new Wish.Running()));
    Files.createDirectories(data);
    Files.writeString(data.resolve("tidemark.restoring"), new SystemId(-5) + "\n");
    assertThat(look()).isInstanceOf(DirectoryView.Unfinished.class);

    Files.writeString(data.resolve("tidemark.restoring"), new SystemId(6) + "\n");
    assertThat(look()).isInstanceOf(DirectoryView.Foreign.class);
  }

  @Test
  void identifiersOfBuildsDiffer() {
    Random random = new Random(1);
    assertThat(ReplicaState.newBuildId(random))
        .hasSize(32)
        .isNotEqualTo(ReplicaState.newBuildId(random));
  }
}
