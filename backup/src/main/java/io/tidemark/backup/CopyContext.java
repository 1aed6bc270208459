package io.tidemark.backup;

import io.tidemark.repository.BackupWriter;
import io.tidemark.store.Bandwidth;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all threads of a copy share.
 *
 * @param reusedBytes counts the raw bytes that did not have to be stored again
 * @param bandwidth limits what is read
 * @param guard throws where going on is no use
 */
record CopyContext(
    BackupWriter writer,
    PageReader pages,
    BackupProgress progress,
    AtomicLong reusedBytes,
    Bandwidth bandwidth,
    Runnable guard) {}
