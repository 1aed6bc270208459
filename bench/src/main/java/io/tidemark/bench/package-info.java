/** Whole-program benchmarks beside the peers' programs, and kernels. */
@NullMarked
package io.tidemark.bench;

import org.jspecify.annotations.NullMarked;
