/**
 * Whole programs beside the peers' programs, on one machine, in one run: {@code bench/run}. What
 * was measured is in docs/BENCHMARKS.md.
 */
@NullMarked
package io.tidemark.bench;

import org.jspecify.annotations.NullMarked;
