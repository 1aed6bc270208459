package io.tidemark.config;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A repository: where its bytes are and what is done to them on the way.
 *
 * @param encryptionKeyFile the keyset that wraps the data keys; empty: not encrypted
 * @param bandwidthLimitBytesPerSecond of all puts of this process together; empty: no limit
 */
public record RepositorySettings(
    String name,
    StoreSettings store,
    CompressionSettings compression,
    Optional<SecretFile> encryptionKeyFile,
    RetrySettings retry,
    OptionalLong bandwidthLimitBytesPerSecond) {

  static final long LEAST_RATE = 64 * 1024;

  public RepositorySettings {
    new Checks()
        .bytesBetween(
            "bandwidth-limit",
            bandwidthLimitBytesPerSecond.orElse(LEAST_RATE),
            LEAST_RATE,
            Long.MAX_VALUE)
        .done();
  }

  static Optional<RepositorySettings> read(String name, Section section) {
    Optional<StoreSettings> store =
        switch (section.require("type", Kind.choice(StoreSettings.Type.class))) {
          case POSIX -> PosixSettings.read(section);
          case S3 -> S3Settings.read(section);
        };
    CompressionSettings compression = CompressionSettings.read(section, "compression");
    Section encryption = section.section("encryption");
    Optional<SecretFile> keyFile =
        encryption.build(() -> encryption.find("key-file", Kind.SECRET)).orElseThrow();
    RetrySettings retry = RetrySettings.read(section.section("retry"));
    OptionalLong limit = Section.toLong(section.find("bandwidth-limit", Kind.RATE));
    return section
        .build(
            () ->
                store.map(
                    made -> new RepositorySettings(name, made, compression, keyFile, retry, limit)))
        .flatMap(made -> made);
  }
}
