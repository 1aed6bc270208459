package io.tidemark.store;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;

/** Gives the SDK the credentials that the operator named. */
final class S3Identity {
  private S3Identity() {}

  static AwsCredentialsProvider provider(S3Credentials credentials) {
    return switch (credentials) {
      case S3Credentials.DefaultChain _ -> DefaultCredentialsProvider.builder().build();
      case S3Credentials.Profile profile -> ProfileCredentialsProvider.create(profile.name());
      case S3Credentials.KeyFiles files -> () -> read(files);
      case S3Credentials.Keys keys -> () -> of(keys);
    };
  }

  private static AwsCredentials of(S3Credentials.Keys keys) {
    return keys.sessionToken() == null
        ? AwsBasicCredentials.create(keys.accessKeyId(), keys.secretAccessKey())
        : AwsSessionCredentials.create(
            keys.accessKeyId(), keys.secretAccessKey(), keys.sessionToken());
  }

  private static AwsCredentials read(S3Credentials.KeyFiles files) {
    try {
      refuseReadableByOthers(files.secretAccessKey());
      return AwsBasicCredentials.create(line(files.accessKeyId()), line(files.secretAccessKey()));
    } catch (IOException e) {
      throw unusable("The credentials file " + e.getMessage() + " cannot be read", e);
    }
  }

  private static void refuseReadableByOthers(Path file) throws IOException {
    Set<PosixFilePermission> modes = Files.getPosixFilePermissions(file);
    if (modes.contains(PosixFilePermission.OTHERS_READ)) {
      throw unusable("Others can read " + file + ", expected mode 0640 or stricter", null);
    }
  }

  private static String line(Path file) throws IOException {
    String line = Files.readString(file).strip();
    if (line.isEmpty() || line.contains("\n")) {
      throw unusable(file + " must hold exactly one line", null);
    }
    return line;
  }

  private static TidemarkException unusable(String found, @Nullable Throwable cause) {
    return new TidemarkException(
        ErrorCode.SECRET_UNUSABLE, found, "Correct the file or name another.", cause);
  }
}
