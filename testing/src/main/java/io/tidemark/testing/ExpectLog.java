package io.tidemark.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * WARN and ERROR lines that a test under {@link LogWatch} does not fail for: of this method, or of
 * every method of this class.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(ExpectLog.Several.class)
public @interface ExpectLog {
  /** A regular expression, found somewhere in the formatted message. */
  String value();

  /** Whether such a line must come; if not it may. */
  boolean mandatory() default true;

  /** What the compiler wraps several of them in. */
  @Target({ElementType.TYPE, ElementType.METHOD})
  @Retention(RetentionPolicy.RUNTIME)
  @interface Several {
    /** The annotations. */
    ExpectLog[] value();
  }
}
