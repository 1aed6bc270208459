package io.tidemark.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.config.TableSettings.Mode;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class CopyQueueTest {
  private final CopyQueue queue =
      new CopyQueue(Stream.concat(ranges("small", 1), ranges("large", 3)).toList());

  private static Stream<CopyRange> ranges(String name, int count) {
    MappedTable simulated =
        BatchSimulation.table(
            new TableName("school", name), MappedTable.Kind.KEYED, Mode.MIRROR, false);
    SourceTable source = simulated.source();
    SourceTable.Leaf leaf = new SourceTable.Leaf(1, 1, new TableName("public", name), 100L * count);
    MappedTable table =
        new MappedTable(
            new SourceTable(
                1,
                leaf.name(),
                false,
                false,
                'd',
                source.columns(),
                source.key(),
                source.unique(),
                List.of(leaf),
                0,
                0),
            simulated.target(),
            simulated.labels(),
            simulated.columns(),
            simulated.key(),
            simulated.kind(),
            simulated.mode(),
            simulated.where(),
            simulated.onChange(),
            simulated.form());
    return IntStream.range(0, count).mapToObj(i -> new CopyRange(table, leaf, 100L * i, -1, 1000));
  }

  private CopyRange take() {
    return Objects.requireNonNull(queue.take());
  }

  @Test
  void eachWorkerHasATableOfItsOwnAsLongAsThereAreEnough() {
    CopyRange first = take();
    assertThat(first.name()).as("the one with the most left").isEqualTo("public.large/0");
    CopyRange beside = take();
    assertThat(beside.name()).isEqualTo("public.small/0");
    assertThat(queue.isLast(first)).isFalse();
    assertThat(take().name()).as("in the order of its blocks").isEqualTo("public.large/100");
    assertThat(queue.isLast(beside)).isTrue();
    assertThat(take().name()).as("nothing else is left").isEqualTo("public.large/200");
  }

  @Test
  void theLastOfATableIsWhicheverEndsLast() {
    List<CopyRange> all = IntStream.range(0, 4).mapToObj(_ -> take()).toList();
    assertThat(queue.isEmpty()).isTrue();
    assertThat(queue.take()).isNull();
    List<CopyRange> large =
        all.stream().filter(range -> range.name().startsWith("public.large")).toList();
    assertThat(queue.isLast(large.get(2))).isFalse();
    assertThat(queue.isLast(large.get(0))).isFalse();
    assertThat(queue.isLast(large.get(1))).isTrue();
  }
}
