package io.tidemark.config;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Where metrics and health are served.
 *
 * @param listen unresolved; port 0 takes a free one; empty: no HTTP server
 */
public record HttpSettings(Optional<InetSocketAddress> listen) {

  static HttpSettings read(Section section) {
    return section
        .build(() -> new HttpSettings(section.get("listen", Kind.LISTEN, "127.0.0.1:9780")))
        .orElseThrow();
  }
}
