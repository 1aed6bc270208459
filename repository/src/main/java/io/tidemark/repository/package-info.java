/**
 * What the stored bytes mean: cluster identity, the WAL archive with its tails and gaps, backups as
 * frames in packs with a manifest, leases, retention. docs/FORMAT.md is its specification.
 */
@NullMarked
package io.tidemark.repository;

import org.jspecify.annotations.NullMarked;
