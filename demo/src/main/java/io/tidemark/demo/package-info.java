/**
 * The whole story on one machine in a minute: a primary, its archive, a backup, an accident, a
 * restore to just before it, and the proof.
 */
@NullMarked
package io.tidemark.demo;

import org.jspecify.annotations.NullMarked;
