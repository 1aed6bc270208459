package io.tidemark.replicamanager;

import io.tidemark.postgres.PostgresSession;
import io.tidemark.postgres.Row;
import io.tidemark.replicamanager.SettingsView.Change;
import io.tidemark.replicamanager.SettingsView.Known;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Compares a replica's postgresql.auto.conf with what is to stand in it. */
final class SettingsObserver {
  private static final String RESTART = "SELECT name FROM pg_settings WHERE context = 'postmaster'";
  private static final String PENDING = "SELECT name FROM pg_settings WHERE pending_restart";

  /**
   * What a server says of its settings.
   *
   * @param restart names of those that need a restart
   * @param pending names of those that are read, and wait for a restart
   * @param loaded when it last read its files
   */
  record Loaded(Set<String> restart, Set<String> pending, Optional<Instant> loaded) {
    /** Of a server that does not run: the next start reads everything. */
    static final Loaded NOT_RUNNING = new Loaded(Set.of(), Set.of(), Optional.empty());

    static Loaded ask(PostgresSession session) {
      return new Loaded(
          names(session, RESTART),
          names(session, PENDING),
          session
              .first("SELECT pg_conf_load_time() AS loaded", row -> row.optionalInstant("loaded"))
              .flatMap(found -> found));
    }

    private static Set<String> names(PostgresSession session, String query) {
      return new HashSet<>(session.query(query, SettingsObserver::name));
    }
  }

  private final Path file;
  private final Map<String, String> want;
  private final boolean mayLower;

  /**
   * @param mayLower whether the primary's own figures are known, so that a setting that must not be
   *     lower than there may be lowered
   */
  SettingsObserver(Path dataDirectory, Map<String, String> want, boolean mayLower) {
    this.file = dataDirectory.resolve(AutoConf.FILE_NAME);
    this.want = want;
    this.mayLower = mayLower;
  }

  private static String name(Row row) throws SQLException {
    return row.text("name").toLowerCase(Locale.ROOT);
  }

  SettingsView compare(Loaded server) {
    try {
      Map<String, String> have = AutoConf.parse(Files.readAllBytes(file));
      List<Change> changes = new ArrayList<>();
      want.forEach((name, value) -> change(name, value, have, server).ifPresent(changes::add));
      have.keySet().stream()
          .filter(name -> name.startsWith("recovery_target") && !want.containsKey(name))
          .map(name -> new Change(name, text(have, name), Optional.empty(), true))
          .forEach(changes::add);
      return new Known(changes, isStale(server));
    } catch (NoSuchFileException e) {
      return new Known(
          want.entrySet().stream()
              .map(s -> new Change(s.getKey(), Optional.empty(), Optional.of(s.getValue()), true))
              .toList(),
          false);
    } catch (IOException e) {
      return new SettingsView.Unknown(file + " cannot be read: " + e);
    }
  }

  private Optional<Change> change(
      String written, String value, Map<String, String> have, Loaded server) {
    String name = written.toLowerCase(Locale.ROOT);
    Optional<String> before = text(have, name);
    boolean right =
        before.filter(old -> old.equals(value) || isEnough(name, old, value)).isPresent();
    boolean restart = server.restart().contains(name);
    return right && !server.pending().contains(name)
        ? Optional.empty()
        : Optional.of(new Change(written, before, Optional.of(value), restart));
  }

  private static Optional<String> text(Map<String, String> settings, String name) {
    return Optional.ofNullable(settings.get(name));
  }

  private boolean isEnough(String name, String have, String least) {
    return !mayLower
        && StandbySettings.AT_LEAST_THE_PRIMARYS.contains(name)
        && have.matches("[0-9]{1,9}")
        && Integer.parseInt(have) >= Integer.parseInt(least);
  }

  private boolean isStale(Loaded server) throws IOException {
    Instant written = Files.getLastModifiedTime(file).toInstant();
    return server.loaded().filter(written::isAfter).isPresent();
  }
}
