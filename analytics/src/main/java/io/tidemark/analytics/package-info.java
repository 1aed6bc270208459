/**
 * The merge engine: chosen tables of several databases, masked, in one schema of the analytics
 * database. {@code Feed} is the story of one source, {@code TableVerifier} compares it with its
 * source, and {@code Analysts} gives people access to it. The state of native pipelines, which
 * PostgreSQL's own subscription moves, is kept beside it, and verified alike.
 */
@NullMarked
package io.tidemark.analytics;

import org.jspecify.annotations.NullMarked;
