/** Tests, and what other modules' tests need: {@link io.tidemark.postgres.WalGenerator}. */
@NullMarked
package io.tidemark.postgres;

import org.jspecify.annotations.NullMarked;
