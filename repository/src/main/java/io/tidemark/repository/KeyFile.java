package io.tidemark.repository;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import io.tidemark.config.ErrorCode;
import io.tidemark.config.SecretFile;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.stream.IntStream;

/** The operator's key: a Tink keyset of AEAD keys, as JSON, which wraps data keys. */
final class KeyFile {
  private final Path path;
  private final KeysetHandle keyset;
  private final Aead aead;

  private KeyFile(Path path, KeysetHandle keyset) throws GeneralSecurityException {
    this.path = path;
    this.keyset = keyset;
    this.aead = keyset.getPrimitive(RegistryConfiguration.get(), Aead.class);
  }

  /**
   * Reads it.
   *
   * @throws TidemarkException SECRET_UNUSABLE where it is missing, open to others, or no keyset
   */
  static KeyFile read(Path path) {
    String json = new SecretFile(path).text();
    try {
      AeadConfig.register();
      return new KeyFile(
          path, TinkJsonProtoKeysetFormat.parseKeyset(json, InsecureSecretKeyAccess.get()));
    } catch (GeneralSecurityException | IllegalStateException e) {
      // The cause may quote the content: leave it out.
      throw new TidemarkException(
          ErrorCode.SECRET_UNUSABLE,
          "key file " + path + " is not a Tink keyset in JSON with AEAD keys",
          "name the file that was made for this repository in encryption.key-file");
    }
  }

  /** Writes a new one, which must not be there yet. */
  static void generate(Path path) {
    try {
      AeadConfig.register();
      write(path, KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key could not be generated", e);
    }
  }

  /** Writes a new one with the old one's keys and a new key, which wraps from then on. */
  static void rotate(Path old, Path fresh) {
    KeysetHandle keyset = read(old).keyset;
    KeysetHandle.Builder builder = KeysetHandle.newBuilder(keyset);
    builder.addEntry(
        KeysetHandle.generateEntryFromParameters(PredefinedAeadParameters.AES256_GCM)
            .withRandomId()
            .makePrimary());
    try {
      write(fresh, builder.build());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a key could not be generated", e);
    }
  }

  private static void write(Path path, KeysetHandle keyset) throws GeneralSecurityException {
    String json = TinkJsonProtoKeysetFormat.serializeKeyset(keyset, InsecureSecretKeyAccess.get());
    try {
      byte[] content = (json + "\n").getBytes(StandardCharsets.UTF_8);
      if (!DurableFiles.writeNew(path, content, DurableFiles.PRIVATE)) {
        throw new TidemarkException(
            ErrorCode.SECRET_UNUSABLE,
            "key file " + path + " exists already; expected none of that name",
            "choose another name: who replaces a key loses what it encrypted");
      }
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_IO,
          "key file " + path + " cannot be written: " + e + "; expected a writable directory",
          "check the directory and its permissions",
          e);
    }
  }

  byte[] wrap(byte[] secret, String keyId) {
    try {
      return aead.encrypt(secret, keyId.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a data key could not be wrapped", e);
    }
  }

  byte[] unwrap(byte[] wrapped, String keyId) throws GeneralSecurityException {
    return aead.decrypt(wrapped, keyId.getBytes(StandardCharsets.UTF_8));
  }

  /** The id of the key that wraps. */
  String primary() {
    return Integer.toUnsignedString(keyset.getPrimary().getId());
  }

  /** The ids of all keys, for messages. */
  List<String> ids() {
    return IntStream.range(0, keyset.size())
        .mapToObj(i -> Integer.toUnsignedString(keyset.getAt(i).getId()))
        .toList();
  }

  /** The file's path; never its content. */
  @Override
  public String toString() {
    return path.toString();
  }
}
