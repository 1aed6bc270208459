package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.util.Set;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Turns what the SDK throws into a store's closed kinds of failure. Only the S3 error NoSuchKey is
 * "not found": a bare 404 may come from a proxy or a wrong address.
 */
final class S3Failures {
  private static final Set<String> BUSY =
      Set.of("RequestTimeout", "SlowDown", "Throttling", "ThrottlingException", "IncompleteBody");
  private static final Set<String> DAMAGED =
      Set.of(
          "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch");
  private static final Set<String> NO_CREDENTIALS =
      Set.of("ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "AuthorizationHeaderMalformed");
  private static final Set<String> FULL =
      Set.of("QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded");

  private final String where;

  S3Failures(String where) {
    this.where = where;
  }

  <T> T attempt(String doing, Supplier<T> request) {
    try {
      return request.get();
    } catch (SdkException e) {
      throw explain(doing, e);
    }
  }

  StoreException explain(String doing, SdkException e) {
    String found = "Cannot " + doing + " in " + where + ": " + reason(e);
    Kind kind = e instanceof AwsServiceException answer ? kind(answer) : kindOfSilence(e);
    return new StoreException(kind, found, hint(kind, e), e);
  }

  static String code(AwsServiceException e) {
    AwsErrorDetails details = e.awsErrorDetails();
    return details == null || details.errorCode() == null ? "" : details.errorCode();
  }

  private static Kind kind(AwsServiceException e) {
    String code = code(e);
    if (BUSY.contains(code)) {
      return Kind.UNAVAILABLE;
    }
    if (DAMAGED.contains(code)) {
      return Kind.CORRUPT;
    }
    if (FULL.contains(code)) {
      return Kind.NO_SPACE;
    }
    return NO_CREDENTIALS.contains(code) ? Kind.DENIED : kind(e.statusCode(), code);
  }

  private static Kind kind(int status, String code) {
    return switch (status) {
      case 401, 403 -> Kind.DENIED;
      case 404 -> code.equals("NoSuchKey") ? Kind.NOT_FOUND : Kind.REFUSED;
      // 409 is a conditional put that met another in flight: nothing is decided yet.
      case 408, 409, 429 -> Kind.UNAVAILABLE;
      case 501 -> Kind.REFUSED;
      case 507 -> Kind.NO_SPACE;
      default -> status >= 500 ? Kind.UNAVAILABLE : Kind.REFUSED;
    };
  }

  private static Kind kindOfSilence(SdkException e) {
    return String.valueOf(e.getMessage()).startsWith("Unable to load credentials")
        ? Kind.DENIED
        : Kind.UNAVAILABLE;
  }

  private static String reason(SdkException e) {
    if (e instanceof AwsServiceException answer) {
      return "HTTP " + answer.statusCode() + " " + code(answer);
    }
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.equals(e) ? String.valueOf(e.getMessage()) : e.getMessage() + " (" + root + ")";
  }

  private static String hint(Kind kind, SdkException e) {
    String code = e instanceof AwsServiceException answer ? code(answer) : "";
    return switch (kind) {
      case DENIED ->
          code.equals("RequestTimeTooSkewed")
              ? "Set this machine's clock right."
              : "Check the credentials; they need s3:GetObject, s3:PutObject, s3:DeleteObject and,"
                  + " so that a missing object is not reported as a denial, s3:ListBucket.";
      case UNAVAILABLE -> "Look at the network and the server; if it speaks https, at its CA.";
      case NO_SPACE -> "Free space in the store or raise its quota.";
      case REFUSED ->
          code.equals("NoSuchBucket")
              ? "Create the bucket or correct its name."
              : "Check bucket, region, endpoint and path style.";
      case NOT_FOUND, CORRUPT -> "";
    };
  }
}
