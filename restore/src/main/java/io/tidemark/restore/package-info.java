/**
 * The repository into a data directory that PostgreSQL will start, recovery to a target, and the
 * proof that it got there.
 */
@NullMarked
package io.tidemark.restore;

import org.jspecify.annotations.NullMarked;
