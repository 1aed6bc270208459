package io.tidemark.walarchiver;

import java.time.Instant;
import java.util.Optional;

/**
 * What was served of the requests of {@code wal-push}, since the process began.
 *
 * @param archived files
 * @param failed answers, which PostgreSQL asks for again
 * @param lastArchived when the last file was
 * @param lastFailure the last message, until something was archived again
 */
public record PushStatus(
    long archived, long failed, Optional<Instant> lastArchived, Optional<String> lastFailure) {}
