/**
 * A server's data files into the repository: verified, in parallel, resumable. Knows neither
 * archiver nor restore; what a backup needs no more, the repository's expiry removes.
 */
@NullMarked
package io.tidemark.backup;

import org.jspecify.annotations.NullMarked;
