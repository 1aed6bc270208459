package io.tidemark.postgres;

/**
 * Where a server listens.
 *
 * @param host name or address, without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
  /** PostgreSQL's own port. */
  public static final int DEFAULT_PORT = 5432;

  public HostPort {
    if (host.isBlank() || host.indexOf('/') >= 0 || port < 1 || port > 65535) {
      throw new IllegalArgumentException(
          "not a host and a port from 1 to 65535: '" + host + "', " + port);
    }
  }

  /** Reads {@code host}, {@code host:port} or {@code [v6]:port}; the port defaults to 5432. */
  public static HostPort parse(String text) {
    int bracket = text.indexOf(']');
    boolean bare = bracket < 0 && text.indexOf(':') != text.lastIndexOf(':');
    int colon = bare ? -1 : text.indexOf(':', Math.max(bracket, 0));
    String host = colon < 0 ? text : text.substring(0, colon);
    if (bracket > 0 && host.startsWith("[") && host.length() == bracket + 1) {
      host = host.substring(1, bracket);
    }
    try {
      return new HostPort(
          host, colon < 0 ? DEFAULT_PORT : Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a host:port: '" + text + "'", e);
    }
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
