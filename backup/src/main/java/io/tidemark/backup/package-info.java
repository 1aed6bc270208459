/** Data files into the repository, and the removal of what no recovery can need any more. */
@NullMarked
package io.tidemark.backup;

import org.jspecify.annotations.NullMarked;
