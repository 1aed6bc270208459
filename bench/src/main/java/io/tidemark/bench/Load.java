package io.tidemark.bench;

import io.tidemark.testing.TestCluster;

/** Fills the database that is measured, by SQL alone. */
final class Load {
  private static final String WORDS =
      "time year people way day man thing woman life child world school state family student group"
          + " country problem hand part place case week company system program question work"
          + " government number night point home water room mother area money story fact month"
          + " lot right study book eye job word business issue side kind head house service friend";

  /** 4096 sentences; documents take some of them by hash. */
  private static final String SENTENCES =
      """
      CREATE TABLE sentences AS
        SELECT n, string_agg(w[1 + abs(hashint8(n * 31 + i)) %% array_length(w, 1)], ' ' ORDER BY i)
          AS line
        FROM generate_series(0, 4095) n, generate_series(1, 14) i,
          (SELECT string_to_array('%s', ' ') AS w) words
        GROUP BY n
      """
          .formatted(WORDS);

  private static final String ACCOUNTS =
      """
      CREATE TABLE accounts AS SELECT n AS aid, n / 100000 AS bid, hashint4(n) %% 10000 AS abalance,
        repeat(' ', 84)::char(84) AS filler
      FROM generate_series(1, %d) n
      """;

  private static final String DOCUMENTS =
      """
      CREATE TABLE documents AS SELECT i AS id, md5(i::text)::uuid AS author, a.line AS title,
        b.line || md5((i * 3)::text) || c.line || md5((i * 7)::text) || d.line AS body,
        jsonb_build_object('id', i, 'key', md5((i * 13)::text), 'score', hashint8(i) %% 1000,
          'open', i %% 3 = 0, 'tags', jsonb_build_array('t' || i %% 17, 't' || i %% 101)) AS facts
      FROM generate_series(1::bigint, %d) i
      JOIN sentences a ON a.n = abs(hashint8(i)) %% 4096
      JOIN sentences b ON b.n = abs(hashint8(i + 1)) %% 4096
      JOIN sentences c ON c.n = abs(hashint8(i * 5)) %% 4096
      JOIN sentences d ON d.n = abs(hashint8(i * 11)) %% 4096
      """;

  private static final String BLOBS =
      """
      INSERT INTO blobs SELECT n, (SELECT string_agg(sha512(int8send(n * 1000 + i)), ''::bytea)
        FROM generate_series(1, 128) i) FROM generate_series(1::bigint, %d) n
      """;

  /** What one row costs with its index entry and its part of the page's header. */
  private static final int ACCOUNT_BYTES = 157;

  private static final int DOCUMENT_BYTES = 653;
  private static final int BLOB_BYTES = 8_640;

  /** Parts of the whole, so that zstd 3 makes about a quarter of it. */
  private static final double ACCOUNTS_PART = 0.50;

  private static final double BLOBS_PART = 0.06;

  private Load() {}

  /** About {@code size} bytes, checkpointed. */
  static void into(TestCluster cluster, long size) {
    cluster.sql(SENTENCES, "ANALYZE sentences");
    Thread accounts = Thread.ofVirtual().start(() -> accountsAndBlobs(cluster, size));
    documents(cluster, (long) (size * (1 - ACCOUNTS_PART - BLOBS_PART)));
    join(accounts);
    cluster.sql("CREATE TABLE events (LIKE documents)", "ANALYZE", "CHECKPOINT");
  }

  private static void accountsAndBlobs(TestCluster cluster, long size) {
    cluster.sql(
        ACCOUNTS.formatted((long) (size * ACCOUNTS_PART) / ACCOUNT_BYTES),
        "ALTER TABLE accounts ADD PRIMARY KEY (aid)",
        "CREATE TABLE blobs (id bigint, payload bytea)",
        "ALTER TABLE blobs ALTER COLUMN payload SET STORAGE EXTERNAL",
        BLOBS.formatted(Math.max(1, (long) (size * BLOBS_PART) / BLOB_BYTES)));
  }

  private static void documents(TestCluster cluster, long size) {
    cluster.sql(
        DOCUMENTS.formatted(Math.max(1, size / DOCUMENT_BYTES)),
        "ALTER TABLE documents ADD PRIMARY KEY (id)");
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
