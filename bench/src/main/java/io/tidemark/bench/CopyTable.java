package io.tidemark.bench;

import java.util.List;

/** A big table that is copied, in a database of its own. */
enum CopyTable {
  NARROW(
      Result.Task.ANALYTICS_COPY_NARROW,
      "accounts",
      "aid, bid, abalance, filler",
      "CREATE TABLE accounts (aid int, bid int, abalance int, filler char(84))",
      """
      INSERT INTO accounts SELECT n, n / 100000, hashint4(n) % 10000, repeat(' ', 84)
      FROM generate_series(1, SIZE / 130) n
      """),
  WIDE(
      Result.Task.ANALYTICS_COPY_WIDE,
      "documents",
      "id, author, title, body, facts, score, open, created_at, read_at",
      """
      CREATE TABLE documents (id bigint, author uuid, title text, body text, facts jsonb,
        score numeric(12,2), open boolean, created_at timestamptz, read_at timestamptz)
      """,
      """
      INSERT INTO documents SELECT i, md5(i::text)::uuid, 'about ' || md5((i * 5)::text),
        repeat(md5((i * 3)::text) || ' and so on ', 6) || md5((i * 7)::text),
        jsonb_build_object('id', i, 'key', md5((i * 13)::text), 'score', hashint8(i) % 1000,
          'open', i % 3 = 0, 'tags', jsonb_build_array('t' || i % 17, 't' || i % 101)),
        (i % 1000000)::numeric / 100, i % 3 = 0, timestamptz '2020-01-01' + i * interval '7 s',
        CASE WHEN i % 4 > 0 THEN timestamptz '2020-01-02' + i * interval '9 s' END
      FROM generate_series(1::bigint, SIZE / 620) i
      """);

  final Result.Task task;
  final String table;
  private final String columns;
  private final String create;
  private final String fill;

  CopyTable(Result.Task task, String table, String columns, String create, String fill) {
    this.task = task;
    this.table = table;
    this.columns = columns;
    this.create = create;
    this.fill = fill;
  }

  /** The first is the key. */
  List<String> columns() {
    return List.of(columns.split(", ", -1));
  }

  String database() {
    return "copy_" + table;
  }

  /** The table without its key. */
  void createIn(Db database) {
    database.sql(create);
  }

  void addKeyIn(Db database) {
    database.sql(addKey());
  }

  String addKey() {
    return "ALTER TABLE %s ADD PRIMARY KEY (%s)".formatted(table, columns().getFirst());
  }

  /**
   * @param bytes about, without the index
   */
  void fillIn(Db database, long bytes) {
    createIn(database);
    database.sql(fill.replace("SIZE", Long.toString(bytes)));
    addKeyIn(database);
    database.sql("VACUUM ANALYZE " + table);
  }
}
