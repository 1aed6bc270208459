package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.LocalCommand;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Who is to own restored files. PostgreSQL refuses to run as the superuser, so when the superuser
 * restores, somebody else must own them; anybody else can only own them himself.
 *
 * @param group the group, where one is known
 */
record FileOwner(UserPrincipal user, Optional<GroupPrincipal> group) {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /**
   * The owner to be given, or empty where files simply belong to whoever runs this. The first that
   * there is: the operator's choice, the owner of the directory, that of the backed up directory,
   * {@code postgres}.
   *
   * @param wanted the operator's choice
   * @param before who owned the directory that was backed up
   * @throws TidemarkException USAGE where there is no such user
   */
  static Optional<FileOwner> find(
      Path directory, Optional<String> wanted, Optional<String> before) {
    if (!isSuperuser()) {
      return Optional.empty();
    }
    if (wanted.isPresent()) {
      return Optional.of(required(wanted.get()));
    }
    return ownerOf(directory)
        .or(() -> before.filter(name -> !name.equals("root")).flatMap(FileOwner::lookUp))
        .or(() -> Optional.of(required("postgres")));
  }

  /** Gives a file or directory to the owner; of a link what it leads to stays as it is. */
  void give(Path path) throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    view.setOwner(user);
    if (group.isPresent()) {
      view.setGroup(group.get());
    }
  }

  private static boolean isSuperuser() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException e) {
      return "root".equals(System.getProperty("user.name"));
    }
  }

  private static Optional<FileOwner> ownerOf(Path path) {
    try {
      if (!Files.exists(path)) {
        return Optional.empty();
      }
      PosixFileAttributes found = Files.readAttributes(path, PosixFileAttributes.class);
      return found.owner().getName().equals("root")
          ? Optional.empty()
          : Optional.of(new FileOwner(found.owner(), Optional.of(found.group())));
    } catch (IOException e) {
      throw TargetDirectory.cannot("find the owner of", path, e);
    }
  }

  private static FileOwner required(String name) {
    return lookUp(name)
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.USAGE,
                    "there is no user '" + name + "' to own the restored files",
                    "PostgreSQL does not run as root: name a user with --owner, or restore as"
                        + " that user"));
  }

  /** The user with his own group, or the one of the same name where that is not known. */
  private static Optional<FileOwner> lookUp(String name) {
    UserPrincipalLookupService users = FileSystems.getDefault().getUserPrincipalLookupService();
    try {
      UserPrincipal user = users.lookupPrincipalByName(name);
      Optional<GroupPrincipal> own = primaryGroup(name).flatMap(gid -> groupNamed(users, gid));
      return Optional.of(new FileOwner(user, own.or(() -> groupNamed(users, name))));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Its number: not every group has a name. The JDK knows users, and not their groups. */
  private static Optional<String> primaryGroup(String name) {
    LocalCommand.Result asked =
        LocalCommand.run(List.of("id", "-g", "--", name), Path.of("/"), LIMIT);
    return asked.exitCode() == 0 ? Optional.of(asked.output().strip()) : Optional.empty();
  }

  private static Optional<GroupPrincipal> groupNamed(
      UserPrincipalLookupService users, String name) {
    try {
      return Optional.of(users.lookupPrincipalByGroupName(name));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
