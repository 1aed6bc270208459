package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import io.tidemark.store.StoreObserver.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A store that spoils the calls it is told to. Every rule sees and counts every call; the first
 * rule that wants one has it. Rules can be added and cleared from any thread at any time.
 *
 * <pre>{@code
 * FaultyStore store = new FaultyStore(new MemoryStore());
 * store.next(2, FaultyStore.operation(Operation.PUT), new StoreFault.Fail(Kind.UNAVAILABLE));
 * }</pre>
 */
public final class FaultyStore implements ObjectStore {
  /**
   * What a rule sees of a call.
   *
   * @param key or prefix, or empty for a probe; of several keys to be deleted the first
   */
  public record Call(Operation operation, String key) {}

  private interface Rule {
    Optional<StoreFault> apply(Call call);
  }

  private final ObjectStore store;

  // Guarded by this object's monitor.
  private final List<Rule> rules = new ArrayList<>();
  private final List<Call> calls = new ArrayList<>();
  private int spoiled;
  private CountDownLatch released = new CountDownLatch(1);

  /** Takes over the store. */
  public FaultyStore(ObjectStore store) {
    this.store = store;
  }

  public static Predicate<Call> operation(Operation operation) {
    return call -> call.operation() == operation;
  }

  public static Predicate<Call> keyContains(String part) {
    return call -> call.key().contains(part);
  }

  public static Predicate<Call> any() {
    return call -> true;
  }

  /** Every such call. */
  public void always(Predicate<Call> wanted, StoreFault fault) {
    add(call -> when(wanted.test(call), fault));
  }

  /** The nth such call from now on, counted from 1. */
  public void nth(int n, Predicate<Call> wanted, StoreFault fault) {
    int[] seen = {0};
    add(call -> when(wanted.test(call) && ++seen[0] == n, fault));
  }

  /** The next such calls, so many of them. */
  public void next(int count, Predicate<Call> wanted, StoreFault fault) {
    int[] seen = {0};
    add(call -> when(wanted.test(call) && ++seen[0] <= count, fault));
  }

  /** Such calls with this probability from 0 to 1, each time one of the faults. */
  public void randomly(
      long seed, double probability, Predicate<Call> wanted, StoreFault... faults) {
    SplittableRandom random = new SplittableRandom(seed);
    add(
        call ->
            when(
                wanted.test(call) && random.nextDouble() < probability,
                faults[random.nextInt(faults.length)]));
  }

  private synchronized void add(Rule rule) {
    rules.add(rule);
  }

  private static Optional<StoreFault> when(boolean due, StoreFault fault) {
    return due ? Optional.of(fault) : Optional.empty();
  }

  /** Forgets every rule and lets go of what hangs. */
  public synchronized void clear() {
    rules.clear();
    released.countDown();
    released = new CountDownLatch(1);
  }

  /** Every call seen, spoiled or not, in order. */
  public synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  /** How many calls were spoiled. */
  public synchronized int spoiled() {
    return spoiled;
  }

  /**
   * What befalls a call.
   *
   * @param release of those that hang when it is decided: whoever sees the call and clears the
   *     rules lets it go
   */
  private record Spoiling(StoreFault fault, CountDownLatch release) {}

  private synchronized Optional<Spoiling> faultOf(Call call) {
    calls.add(call);
    // Every rule is asked, so that each counts every call.
    List<StoreFault> due =
        rules.stream().map(rule -> rule.apply(call)).flatMap(Optional::stream).toList();
    spoiled += due.isEmpty() ? 0 : 1;
    return due.stream().findFirst().map(fault -> new Spoiling(fault, released));
  }

  private <T> T call(Operation operation, String key, Supplier<T> work) {
    return spoil(faultOf(new Call(operation, key)), operation + " " + key, work);
  }

  private <T> T spoil(Optional<Spoiling> spoiling, String what, Supplier<T> work) {
    if (spoiling.isEmpty()) {
      return work.get();
    }
    CountDownLatch release = spoiling.get().release();
    return switch (spoiling.get().fault()) {
      case StoreFault.Fail(var kind) -> throw failure(kind, what);
      case StoreFault.LoseAnswer(var kind) -> {
        closeIfStream(work.get());
        throw failure(kind, what);
      }
      case StoreFault.Hang(var limit) -> {
        await(release, limit);
        throw failure(Kind.UNAVAILABLE, what);
      }
      case StoreFault.Late(var time) -> {
        T result = work.get();
        await(release, time);
        yield result;
      }
      case StoreFault.Tear _, StoreFault.BreakOff _, StoreFault.CutShort _, StoreFault.Corrupt _ ->
          work.get();
    };
  }

  private static <T> void closeIfStream(T result) {
    if (result instanceof InputStream in) {
      try (in) {
        assert in != null;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static StoreException failure(Kind kind, String what) {
    return new StoreException(kind, what + " failed, as the test asked for", "", null);
  }

  private static void await(CountDownLatch release, Duration limit) {
    try {
      boolean early = release.await(limit.toNanos(), TimeUnit.NANOSECONDS);
      assert early || !limit.isNegative();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(Kind.UNAVAILABLE, "interrupted", "", e);
    }
  }

  @Override
  public boolean putIfAbsent(String key, Content content) {
    Optional<Spoiling> spoiling = faultOf(new Call(Operation.PUT, key));
    if (spoiling.isPresent() && spoiling.get().fault() instanceof StoreFault.Tear(var kept)) {
      store.putIfAbsent(key, first(content, kept));
      throw failure(Kind.UNAVAILABLE, "PUT " + key);
    }
    return spoil(spoiling, "PUT " + key, () -> store.putIfAbsent(key, content));
  }

  private static Content first(Content content, long kept) {
    try (InputStream in = content.open()) {
      return Content.of(in.readNBytes((int) kept));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public InputStream get(String key, long offset, long length) {
    Optional<Spoiling> spoiling = faultOf(new Call(Operation.GET, key));
    InputStream in = spoil(spoiling, "GET " + key, () -> store.get(key, offset, length));
    return spoiling.map(found -> spoil(in, found.fault())).orElse(in);
  }

  private static InputStream spoil(InputStream in, StoreFault fault) {
    return switch (fault) {
      case StoreFault.BreakOff(var kept) -> new FaultyInputStream(in, kept, -1, true);
      case StoreFault.CutShort(var kept) -> new FaultyInputStream(in, kept, -1, false);
      case StoreFault.Corrupt(var at) -> new FaultyInputStream(in, Long.MAX_VALUE, at, false);
      case StoreFault.Fail _,
          StoreFault.LoseAnswer _,
          StoreFault.Hang _,
          StoreFault.Late _,
          StoreFault.Tear _ ->
          in;
    };
  }

  @Override
  public Optional<ObjectInfo> head(String key) {
    return call(Operation.HEAD, key, () -> store.head(key));
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    Optional<Spoiling> spoiling = faultOf(new Call(Operation.LIST, prefix));
    Stream<ObjectInfo> all = spoil(spoiling, "LIST " + prefix, () -> store.list(prefix));
    return spoiling.isPresent() && spoiling.get().fault() instanceof StoreFault.BreakOff(var kept)
        ? breakOff(all, kept)
        : all;
  }

  private static Stream<ObjectInfo> breakOff(Stream<ObjectInfo> all, long kept) {
    AtomicLong seen = new AtomicLong();
    return all.peek(
        info -> {
          if (seen.getAndIncrement() >= kept) {
            throw failure(Kind.UNAVAILABLE, "LIST after " + kept);
          }
        });
  }

  @Override
  public List<String> children(String prefix) {
    return call(Operation.CHILDREN, prefix, () -> store.children(prefix));
  }

  @Override
  public void delete(String key) {
    deleteAll(List.of(key));
  }

  @Override
  public void deleteAll(List<String> keys) {
    boolean deleted =
        call(
            Operation.DELETE,
            keys.isEmpty() ? "" : keys.getFirst(),
            () -> {
              store.deleteAll(keys);
              return true;
            });
    assert deleted;
  }

  @Override
  public String describe() {
    return store.describe();
  }

  @Override
  public StoreAbilities probe() {
    return call(Operation.PROBE, "", store::probe);
  }

  @Override
  public void close() {
    clear();
    store.close();
  }
}
