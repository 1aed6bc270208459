package io.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.testing.LogWatch;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * As on FAT and some network mounts. Only the writers of one process are kept apart, and it says
 * so.
 */
final class PosixStoreWithoutHardLinksTest extends ObjectStoreConformance {
  @RegisterExtension final LogWatch log = new LogWatch();
  @TempDir private Path directory = Path.of("/nonexistent");

  @BeforeEach
  void announceTheWarning() {
    log.allow("has no hard links");
  }

  @Override
  protected ObjectStore openEmpty() {
    return PosixStore.create(
        PosixSettings.of(directory.resolve("store")),
        (name, file) -> {
          throw new FileSystemException(
              name.toString(), file.toString(), "Operation not permitted");
        });
  }

  @Test
  @Override
  void provesWhatItCanDoAndLeavesNothing() {
    StoreAbilities abilities = store().probe();

    assertThat(abilities.putIfAbsent()).isFalse();
    assertThat(abilities.notes()).singleElement().asString().contains("second put");
    assertThat(abilities.writable()).isTrue();
    assertThat(abilities.readsBackWhatWasPut()).isTrue();
    assertThat(keys("")).isEmpty();
  }
}
