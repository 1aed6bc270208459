package io.tidemark.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A directory as object store.
 *
 * @param path absolute
 */
public record PosixSettings(Path path) implements StoreSettings {

  static Optional<StoreSettings> read(Section section) {
    return Optional.of(new PosixSettings(section.require("path", Kind.PATH)));
  }
}
