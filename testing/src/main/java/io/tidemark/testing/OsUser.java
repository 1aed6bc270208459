package io.tidemark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The unprivileged user that PostgreSQL runs as when the tests run as root, because PostgreSQL
 * refuses root: {@code postgres} where there is one, else {@code nobody}.
 *
 * @param name as in the password database
 * @param uid user id
 * @param gid group id
 */
public record OsUser(String name, int uid, int gid) {
  /** Looked up once: it costs two processes and cannot change. */
  private static final class ForServers {
    static final Optional<OsUser> USER =
        isRoot()
            ? Optional.of(find("postgres").or(() -> find("nobody")).orElseThrow())
            : Optional.empty();
  }

  /** The user to drop to, or empty when this process is not root and needs none. */
  public static Optional<OsUser> forServers() {
    return ForServers.USER;
  }

  /** Whether this process may do everything. */
  public static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The command as it must be run so that its process is this user's and no longer root's. */
  public List<String> command(List<String> command) {
    List<String> dropped =
        new ArrayList<>(
            List.of("setpriv", "--reuid", "" + uid, "--regid", "" + gid, "--clear-groups", "--"));
    dropped.addAll(command);
    return dropped;
  }

  /** The command as it must be run by this process: dropped to the user when root. */
  static List<String> unprivileged(List<String> command) {
    return forServers().map(user -> user.command(command)).orElse(command);
  }

  /** Gives a file or a whole tree to the user that servers run as; nothing when not root. */
  public static void own(Path path) {
    forServers()
        .ifPresent(
            user ->
                Command.run(List.of("chown", "-R", user.uid + ":" + user.gid, path.toString()))
                    .orThrow());
  }

  /** Whether the user that servers run as can reach what is in the directory. */
  public static boolean canTraverse(Path directory) {
    Path existing = directory.toAbsolutePath();
    Path parent = existing.getParent();
    if (parent != null && !Files.exists(existing)) {
      return canTraverse(parent);
    }
    return Command.run(unprivileged(List.of("test", "-x", existing.toString()))).exitCode() == 0;
  }

  /**
   * Makes sure that the servers' user can reach the directory: one below the temporary directory
   * that is closed (JUnit's are) is opened for passing through, any other closed one is an
   * IllegalStateException.
   */
  public static void letIn(Path directory) {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
    Path absolute = directory.toAbsolutePath();
    for (Path path = absolute;
        isRoot() && path != null && path.startsWith(temporary) && !path.equals(temporary);
        path = path.getParent()) {
      addPassage(path);
    }
    if (!canTraverse(absolute)) {
      throw new IllegalStateException(
          absolute + " cannot be reached by " + forServers() + "; use a world-traversable place");
    }
  }

  private static void addPassage(Path directory) {
    try {
      Set<PosixFilePermission> modes = Files.getPosixFilePermissions(directory);
      if (modes.add(PosixFilePermission.OTHERS_EXECUTE)) {
        Files.setPosixFilePermissions(directory, modes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<OsUser> find(String name) {
    Command.Result uid = Command.run(List.of("id", "-u", name));
    Command.Result gid = Command.run(List.of("id", "-g", name));
    return uid.exitCode() == 0 && gid.exitCode() == 0
        ? Optional.of(
            new OsUser(
                name,
                Integer.parseInt(uid.output().strip()),
                Integer.parseInt(gid.output().strip())))
        : Optional.empty();
  }
}
