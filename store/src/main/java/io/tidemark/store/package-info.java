/**
 * Bytes by key: a posix directory or an S3 bucket, six verbs, closed kinds of failure. Knows
 * nothing of what the bytes mean.
 */
@NullMarked
package io.tidemark.store;

import org.jspecify.annotations.NullMarked;
