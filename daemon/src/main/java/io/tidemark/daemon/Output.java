package io.tidemark.daemon;

import java.io.PrintStream;
import java.util.function.Supplier;

/**
 * Where a command prints: its result on standard output, for people or as one JSON object; all else
 * on standard error.
 */
final class Output {
  private final PrintStream out;
  private final PrintStream err;
  private final boolean json;
  private final boolean color;
  private final boolean live;

  /** Colours of a terminal. */
  enum Color {
    RED(31),
    GREEN(32),
    YELLOW(33),
    BOLD(1);

    private final int code;

    Color(int code) {
      this.code = code;
    }
  }

  /**
   * @param live whether a progress bar may be drawn over itself
   */
  Output(PrintStream out, PrintStream err, boolean json, boolean color, boolean live) {
    this.out = out;
    this.err = err;
    this.json = json;
    this.color = color;
    this.live = live;
  }

  /** Prints what the command came to: the report as JSON, or else the text. */
  void result(Object report, Supplier<String> text) {
    out.println(json ? Json.text(report) : text.get());
  }

  /** Something that people want to read before the result; not with JSON. */
  void say(String text) {
    if (!json) {
      out.println(text);
    }
  }

  /** What is about to happen, before it is confirmed; with JSON on standard error. */
  void announce(String text) {
    (json ? err : out).println(text);
  }

  /** Something to be noticed that is neither result nor failure. */
  void note(String text) {
    err.println("tidemark: " + text);
  }

  /** A text in a colour, where colours are wanted. */
  String in(Color wanted, String text) {
    return color && !json ? "\u001b[" + wanted.code + "m" + text + "\u001b[0m" : text;
  }

  /** Follows something that may take long; the caller closes it. */
  ProgressBar progress(String what) {
    return ProgressBar.start(what, err, live);
  }
}
