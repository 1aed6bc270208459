package io.tidemark.demo;

import io.tidemark.testing.TestCluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The live workload: three customers at a time who order or sign up, each at most 150 times a
 * second. Owns a thread and a connection for each. That orders are refused, because the table is
 * gone, is counted; any other error ends them.
 */
final class Shoppers implements AutoCloseable {
  private static final int WRITERS = 3;
  private static final long PACE_NANOS = TimeUnit.SECONDS.toNanos(1) / 150;
  private static final int SIGN_UP_ONE_IN = 8;
  private static final String UNDEFINED_TABLE = "42P01";
  private static final long END_MILLIS = 5_000;

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong committed = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicReference<@Nullable SQLException> failure = new AtomicReference<>();
  private final long began = System.nanoTime();
  private volatile boolean ending;

  private Shoppers() {}

  static Shoppers let(TestCluster primary) {
    Shoppers shoppers = new Shoppers();
    for (int i = 0; i < WRITERS; i++) {
      RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
      shoppers.threads.add(
          Thread.ofVirtual().name("shopper-" + i).start(() -> shoppers.shop(primary, random)));
    }
    return shoppers;
  }

  /** Transactions so far. */
  long committed() {
    return committed.get();
  }

  /** Since the beginning. */
  double perSecond() {
    return committed.get() / ((System.nanoTime() - began) / 1e9);
  }

  /** Orders that found no table. */
  long refused() {
    return refused.get();
  }

  /** Throws where one has ended by an error. */
  void requireShopping() {
    SQLException e = failure.get();
    if (e != null) {
      throw new IllegalStateException("the workload failed: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    ending = true;
    try {
      for (Thread thread : threads) {
        thread.join(END_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void shop(TestCluster primary, RandomGenerator random) {
    try (Connection connection = primary.connect();
        PreparedStatement take =
            connection.prepareStatement(
                "UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?");
        PreparedStatement order =
            connection.prepareStatement(
                "INSERT INTO orders (customer_id, product_id, quantity, note)"
                    + " VALUES (?, ?, ?, md5(random()::text))");
        PreparedStatement signUp =
            connection.prepareStatement("INSERT INTO customers (name) VALUES (?)")) {
      connection.setAutoCommit(false);
      long next = System.nanoTime();
      while (!ending) {
        boolean done =
            random.nextInt(SIGN_UP_ONE_IN) == 0
                ? signUp(signUp, random)
                : order(take, order, random);
        if (done) {
          connection.commit();
          committed.incrementAndGet();
        }
        next = Math.max(next + PACE_NANOS, System.nanoTime() - PACE_NANOS);
        waitUntil(next);
      }
    } catch (SQLException e) {
      if (!ending) {
        failure.compareAndSet(null, e);
      }
    }
  }

  private static boolean signUp(PreparedStatement signUp, RandomGenerator random)
      throws SQLException {
    signUp.setString(1, "Customer " + Long.toHexString(random.nextLong()));
    return signUp.executeUpdate() == 1;
  }

  /** Products first, then orders: the accident locks them in the same order. */
  private boolean order(PreparedStatement take, PreparedStatement order, RandomGenerator random)
      throws SQLException {
    int product = random.nextInt(1, Shop.PRODUCTS + 1);
    int quantity = random.nextInt(1, 4);
    take.setInt(1, quantity);
    take.setInt(2, product);
    take.setInt(3, quantity);
    take.executeUpdate();
    order.setInt(1, random.nextInt(1, Shop.CUSTOMERS + 1));
    order.setInt(2, product);
    order.setInt(3, quantity);
    try {
      return order.executeUpdate() == 1;
    } catch (SQLException e) {
      if (!UNDEFINED_TABLE.equals(e.getSQLState())) {
        throw e;
      }
      order.getConnection().rollback();
      refused.incrementAndGet();
      return false;
    }
  }

  private static void waitUntil(long nanos) {
    long left = nanos - System.nanoTime();
    if (left > 0) {
      try {
        TimeUnit.NANOSECONDS.sleep(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
