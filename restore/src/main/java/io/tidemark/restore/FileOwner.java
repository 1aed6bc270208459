package io.tidemark.restore;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;

/**
 * Who is to own restored files. PostgreSQL refuses to run as the superuser, so when the superuser
 * restores, somebody else must own them.
 */
final class FileOwner {
  private FileOwner() {}

  /**
   * The owner to be given, or empty where files simply belong to whoever runs this.
   *
   * @param wanted the operator's choice
   * @throws TidemarkException USAGE where none can be found
   */
  static Optional<UserPrincipal> find(Path directory, Optional<String> wanted) {
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.empty();
    }
    if (wanted.isPresent()) {
      return Optional.of(lookUp(wanted.get()));
    }
    for (Path at = directory; at != null; at = at.getParent()) {
      Optional<UserPrincipal> owner = ownerOf(at).filter(found -> !found.getName().equals("root"));
      if (owner.isPresent()) {
        return owner;
      }
      if (Files.exists(at)) {
        break; // only the directory itself, or the first of its parents that exists
      }
    }
    return Optional.of(lookUp("postgres"));
  }

  private static Optional<UserPrincipal> ownerOf(Path path) {
    try {
      return Files.exists(path) ? Optional.of(Files.getOwner(path)) : Optional.empty();
    } catch (IOException e) {
      throw TargetDirectory.cannot("find the owner of", path, e);
    }
  }

  private static UserPrincipal lookUp(String name) {
    try {
      return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "there is no user '" + name + "' to own the restored files",
          "PostgreSQL does not run as root: name a user with --owner, or restore as that user",
          e);
    }
  }
}
