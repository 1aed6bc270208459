package io.tidemark.postgres;

import io.tidemark.config.ConnectionSettings.SslMode;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a connection is encrypted and whom it trusts, in libpq's terms.
 *
 * @param mode how much is demanded
 * @param rootCertificate PEM file with the authorities to trust
 * @param certificate the client's own certificate, PEM
 * @param key its key: PKCS-8 DER or PKCS-12, as the PostgreSQL JDBC driver reads it
 */
public record Tls(
    SslMode mode, Optional<Path> rootCertificate, Optional<Path> certificate, Optional<Path> key) {

  /** A mode without files. */
  public static Tls of(SslMode mode) {
    return new Tls(mode, Optional.empty(), Optional.empty(), Optional.empty());
  }
}
