package io.tidemark.repository;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How this process writes to a repository, and with which key it reads.
 *
 * @param encryptionKeyFile the operator's Tink keyset, or empty for a repository without encryption
 */
public record RepositoryOptions(
    Compression compression, Optional<Path> encryptionKeyFile, Writer writer) {}
