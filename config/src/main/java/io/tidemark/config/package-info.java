/**
 * What the operator asked for: one YAML file becomes immutable records, with every problem reported
 * at once, each with its line and what to write instead. Knows nothing above it.
 */
@NullMarked
package io.tidemark.config;

import org.jspecify.annotations.NullMarked;
