/**
 * Real things to test against: PostgreSQL of every supported major, an S3 server over HTTP, a
 * workload, a TCP proxy that misbehaves. Depends on no other module of Tidemark.
 */
@NullMarked
package io.tidemark.testing;

import org.jspecify.annotations.NullMarked;
