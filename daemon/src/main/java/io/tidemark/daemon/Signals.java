package io.tidemark.daemon;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * SIGTERM and SIGINT end the daemon, a second one at once; SIGHUP reloads. Closing gives the
 * signals back to the JVM.
 *
 * <p>The JDK hears of signals only through sun.misc.Signal (module jdk.unsupported), whose every
 * mention is a warning that javac offers no way to accept: so it is called by its name.
 */
final class Signals implements AutoCloseable {
  private static final int ENDED_AT_ONCE = 130;

  private final AtomicBoolean ending = new AtomicBoolean();
  private final List<AutoCloseable> taken = new ArrayList<>();

  /** From now on; both are called on threads of the JVM's, and must not wait. */
  Signals(Runnable end, Runnable reload) {
    take("TERM", () -> end(end));
    take("INT", () -> end(end));
    take("HUP", reload);
  }

  private void end(Runnable end) {
    if (ending.getAndSet(true)) {
      Runtime.getRuntime().halt(ENDED_AT_ONCE);
    }
    end.run();
  }

  private void take(String name, Runnable action) {
    try {
      Class<?> signals = Class.forName("sun.misc.Signal");
      Class<?> handlers = Class.forName("sun.misc.SignalHandler");
      Object signal = signals.getConstructor(String.class).newInstance(name);
      var handle = signals.getMethod("handle", signals, handlers);
      Object ours =
          Proxy.newProxyInstance(
              handlers.getClassLoader(), new Class<?>[] {handlers}, new Handler(action));
      Object before = handle.invoke(null, signal, ours);
      taken.add(() -> handle.invoke(null, signal, before));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java lets nobody handle SIG" + name, e);
    }
  }

  @Override
  public void close() {
    for (AutoCloseable each : taken) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException("a signal could not be given back", e);
      }
    }
  }

  /** What the JVM calls, beside Object's own methods. */
  private record Handler(Runnable action) implements InvocationHandler {
    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) {
      return switch (method.getName()) {
        case "handle" -> {
          action.run();
          yield null;
        }
        case "equals", "hashCode" ->
            throw new UnsupportedOperationException("handlers are not compared");
        default -> "a signal's handler";
      };
    }
  }
}
