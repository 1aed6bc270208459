/** Tests on real servers; {@link io.tidemark.analytics.Warehouse} is what they share. */
@NullMarked
package io.tidemark.analytics;

import org.jspecify.annotations.NullMarked;
