/**
 * The primary's WAL into the repository, gapless or with the gap on record. Knows neither backups
 * nor restores: the repository format is the contract between them.
 */
@NullMarked
package io.tidemark.walarchiver;

import org.jspecify.annotations.NullMarked;
