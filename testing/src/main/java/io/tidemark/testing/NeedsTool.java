package io.tidemark.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The test class or method is skipped, with the reason, where one of these programs is neither on
 * PATH nor among those of {@link PostgresBinaries#debian()}.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsCondition.class)
public @interface NeedsTool {
  /** Names without directories, for example {@code pg_verifybackup}. */
  String[] value();
}
