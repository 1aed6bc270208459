package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a {@link TestCluster} shall be. Every setter gives back this builder. */
public final class TestClusterBuilder {
  final PostgresBinaries binaries;
  final Map<String, String> commandLine = new LinkedHashMap<>();
  @Nullable String password;
  int port;

  private final @Nullable Path adopted;
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final List<String> tablespaces = new ArrayList<>();
  private @Nullable TestCluster primary;
  private @Nullable Path parent;
  private int walSegmentMegabytes = 16;
  private boolean dataChecksums = true;

  TestClusterBuilder(PostgresBinaries binaries, @Nullable Path adopted) {
    this.binaries = binaries;
    this.adopted = adopted;
  }

  /** Where the cluster's directory is made; by default in the temporary directory. */
  public TestClusterBuilder parent(Path directory) {
    parent = directory;
    return this;
  }

  /** A power of two from 1 to 1024; 16 by default. */
  public TestClusterBuilder walSegmentMegabytes(int megabytes) {
    walSegmentMegabytes = megabytes;
    return this;
  }

  /** On by default. */
  public TestClusterBuilder dataChecksums(boolean on) {
    dataChecksums = on;
    return this;
  }

  /** A line of postgresql.conf; of an adopted cluster an option of the command line. */
  public TestClusterBuilder setting(String name, String value) {
    (adopted == null ? settings : commandLine).put(name, value);
    return this;
  }

  /** fsync is on by default, since durability is what is tested; off saves time. */
  public TestClusterBuilder fsync(boolean on) {
    return setting("fsync", on ? "on" : "off");
  }

  /** A tablespace of that name, created at the first start in a directory of its own. */
  public TestClusterBuilder tablespace(String name) {
    tablespaces.add(name);
    return this;
  }

  /**
   * Connections over TCP, replication too, then need this password of the superuser by
   * SCRAM-SHA-256; without it they are trusted. For an adopted cluster: the password it has.
   */
  public TestClusterBuilder password(String superuserPassword) {
    password = superuserPassword;
    return this;
  }

  /** A chosen port instead of a free one. */
  public TestClusterBuilder port(int number) {
    port = number;
    return this;
  }

  /** The cluster, made but not started. Tablespaces need the first {@link #start}. */
  public TestCluster create() {
    return adopted == null ? TestCluster.create(this) : TestCluster.adopt(this, adopted);
  }

  /** The cluster, made and accepting connections. */
  public TestCluster start() {
    TestCluster cluster = create();
    try {
      cluster.start();
      for (String name : tablespaces) {
        cluster.sql("CREATE TABLESPACE %s LOCATION '%s'".formatted(name, path(cluster, name)));
      }
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private static Path path(TestCluster cluster, String tablespace) {
    return cluster.tablespaces().getOrDefault(tablespace, cluster.data());
  }

  TemporaryDirectory makeHome() {
    String prefix = "tidemark-pg" + binaries.major() + "-";
    if (parent == null) {
      return TemporaryDirectory.create(prefix);
    }
    TemporaryDirectory home = TemporaryDirectory.create(parent, prefix);
    OsUser.letIn(home.path());
    return home;
  }

  Map<String, Path> makeTablespaces(TemporaryDirectory home) {
    Map<String, Path> made = new LinkedHashMap<>();
    for (String name : tablespaces) {
      made.put(name, directory(home.path().resolve("tablespace-" + name)));
    }
    OsUser.own(home.path());
    return made;
  }

  TestClusterBuilder copying(TestCluster running) {
    primary = running;
    password = running.password();
    return setting("primary_conninfo", StandbyCopy.conninfo(running));
  }

  void fill(Path data) {
    if (primary == null) {
      initialise(data);
    } else {
      StandbyCopy.of(primary, data);
    }
  }

  /** initdb: superuser postgres, UTF8, locale C, trust except over TCP with a password. */
  private void initialise(Path data) {
    List<Object> arguments =
        new ArrayList<>(List.of("-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C"));
    // Nothing here has to survive a power cut before the test has even begun.
    arguments.addAll(List.of("--no-sync", "--no-instructions", "--auth-local=trust"));
    arguments.add("--wal-segsize=" + walSegmentMegabytes);
    if (dataChecksums) {
      arguments.add("--data-checksums");
    } else if (binaries.major() >= 18) {
      arguments.add("--no-data-checksums");
    }
    if (password == null) {
      arguments.add("--auth-host=trust");
      binaries.run("initdb", arguments.toArray());
    } else {
      initialiseWithPassword(data, arguments, password);
    }
  }

  private void initialiseWithPassword(Path data, List<Object> arguments, String secret) {
    Path file = data.resolveSibling("password");
    try {
      Files.writeString(file, secret);
      OsUser.own(file);
      arguments.addAll(List.of("--auth-host=scram-sha-256", "--pwfile=" + file));
      binaries.run("initdb", arguments.toArray());
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void configure(Path data, int chosenPort, Path socket) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("listen_addresses", "127.0.0.1");
    all.put("port", "" + chosenPort);
    all.put("unix_socket_directories", socket.toString());
    all.put("shared_buffers", "32MB");
    all.put("max_connections", "50");
    all.put("wal_level", "replica");
    all.put("max_wal_senders", "10");
    all.put("max_replication_slots", "10");
    all.put("hot_standby", "on");
    // Below the data directory, so that a killed server leaves nothing in /dev/shm.
    all.put("dynamic_shared_memory_type", "mmap");
    all.put("jit", "off");
    all.put("timezone", "UTC");
    all.put("log_line_prefix", "%m [%p] %a ");
    all.putAll(settings);
    append(data, all);
  }

  static void append(Path data, Map<String, String> settings) {
    String lines =
        settings.entrySet().stream()
            .map(entry -> entry.getKey() + " = '" + entry.getValue().replace("'", "''") + "'\n")
            .collect(Collectors.joining());
    try {
      Files.writeString(data.resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path directory(Path path) {
    try {
      return Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
