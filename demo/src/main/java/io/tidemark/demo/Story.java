package io.tidemark.demo;

import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Prints what happens, one step after the other, with the seconds since the beginning. */
@SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more dependency
final class Story {
  private static final String INDENT = " ".repeat(22);

  private final @Nullable PrintWriter out;
  private final long began = System.nanoTime();
  private boolean lineOpen;

  private Story(@Nullable PrintWriter out) {
    this.out = out;
  }

  static Story to(PrintWriter out) {
    return new Story(out);
  }

  /** For programs, which read the report. */
  static Story untold() {
    return new Story(null);
  }

  /** Begins a step: its line is open until {@link #tell}. */
  void step(String label) {
    print(String.format(Locale.ROOT, "%6.1f s  %-11s ", seconds(), label));
    lineOpen = true;
  }

  /** Says what came of the step; more lines stand below the first. */
  void tell(String text, Object... arguments) {
    String line = String.format(Locale.ROOT, text, arguments);
    print((lineOpen ? "" : INDENT) + line + "\n");
    lineOpen = false;
  }

  /** A line of its own. */
  void line(String text, Object... arguments) {
    String line = String.format(Locale.ROOT, text, arguments).stripTrailing();
    print((lineOpen && !line.isEmpty() ? "\n" : "") + line + "\n");
    lineOpen = false;
  }

  /** A figure, with its name before it. */
  void fact(String name, String text, Object... arguments) {
    line("  %-13s %s", name, String.format(Locale.ROOT, text, arguments));
  }

  /** Ends an open line, before something else prints. */
  void endLine() {
    if (lineOpen) {
      line("");
    }
  }

  /** Since the beginning. */
  double seconds() {
    return (System.nanoTime() - began) / 1e9;
  }

  private void print(String text) {
    if (out != null) {
      out.print(text);
      out.flush();
    }
  }
}
