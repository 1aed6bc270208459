package io.tidemark.demo;

import io.tidemark.daemon.CommandExtension;

/** Brings {@code tidemark demo} along, where this module is on the class path. */
public final class DemoExtension implements CommandExtension {
  @Override
  public Object command() {
    return new DemoCommand();
  }
}
