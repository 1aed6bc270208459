package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
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
import java.util.Optional;

/**
 * Who is to own restored files. PostgreSQL refuses to run as the superuser, so when the superuser
 * restores, somebody else must own them; anybody else can only own them himself.
 *
 * @param group the group, where one is known
 */
record FileOwner(UserPrincipal user, Optional<GroupPrincipal> group) {

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

  /** The user, with the group of the same name where there is one. */
  private static Optional<FileOwner> lookUp(String name) {
    UserPrincipalLookupService users = FileSystems.getDefault().getUserPrincipalLookupService();
    try {
      UserPrincipal user = users.lookupPrincipalByName(name);
      return Optional.of(new FileOwner(user, groupNamed(users, name)));
    } catch (IOException e) {
      return Optional.empty();
    }
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
