package io.tidemark.demo;

import io.tidemark.testing.TestCluster;

/** A small shop: customers, products, orders. */
final class Shop {
  static final int CUSTOMERS = 20_000;
  static final int PRODUCTS = 500;
  static final int ORDERS = 200_000;

  private static final String[] TABLES = {
    """
    CREATE TABLE customers (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL,
      joined timestamptz NOT NULL DEFAULT now())
    """,
    """
    CREATE TABLE products (
      id int PRIMARY KEY,
      name text NOT NULL,
      price numeric(8, 2) NOT NULL,
      stock int NOT NULL)
    """,
    """
    CREATE TABLE orders (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      customer_id bigint NOT NULL REFERENCES customers,
      product_id int NOT NULL REFERENCES products,
      quantity int NOT NULL,
      placed timestamptz NOT NULL DEFAULT now(),
      note text NOT NULL)
    """
  };

  private static final String[] CONTENT = {
    "INSERT INTO customers (name) SELECT 'Customer ' || i FROM generate_series(1, %d) i"
        .formatted(CUSTOMERS),
    """
    INSERT INTO products
    SELECT i, 'Product ' || i, 1 + i %% 90 + 0.99, 1000000 FROM generate_series(1, %d) i
    """
        .formatted(PRODUCTS),
    """
    INSERT INTO orders (customer_id, product_id, quantity, placed, note)
    SELECT 1 + i %% %d, 1 + i %% %d, 1 + i %% 4, now() - i * interval '1 minute',
           md5(i::text) || md5((i * 31)::text)
      FROM generate_series(1, %d) i
    """
        .formatted(CUSTOMERS, PRODUCTS, ORDERS)
  };

  /** The role that `tidemark check` asks for. */
  private static final String[] ROLE = {
    "CREATE ROLE tidemark LOGIN REPLICATION",
    "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean) TO tidemark",
    "GRANT EXECUTE ON FUNCTION pg_backup_stop(boolean) TO tidemark",
    "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO tidemark",
    "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text) TO tidemark",
    "GRANT pg_checkpoint, pg_read_all_settings, pg_read_all_stats TO tidemark"
  };

  private Shop() {}

  /** Makes the tables with what the shop has sold so far, and Tidemark's role. */
  static void open(TestCluster primary) {
    primary.sql(TABLES);
    primary.sql(CONTENT);
    primary.sql(ROLE);
    primary.sql("ANALYZE", "CHECKPOINT");
  }

  /** What the data directory holds, in bytes. */
  static long bytes(TestCluster primary) {
    return Long.parseLong(primary.value("SELECT sum(pg_database_size(oid)) FROM pg_database"));
  }
}
