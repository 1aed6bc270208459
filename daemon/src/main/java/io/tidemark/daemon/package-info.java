/** The program: command line, wiring by hand, schedules, HTTP, the lifetimes of services. */
@NullMarked
package io.tidemark.daemon;

import org.jspecify.annotations.NullMarked;
