package io.tidemark.store;

import io.tidemark.store.StoreException.Kind;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/**
 * Objects in a bucket. Every object is one conditional PutObject; there is no multipart upload,
 * because nothing here is larger than some tens of MiB. Each call makes each request once: put a
 * {@link RetryingStore} around it.
 *
 * <p>Opening one makes no request. {@link #probe} should be called before the first put to a server
 * that is not known: where a conditional put is not honoured, a put must look first.
 */
public final class S3Store implements ObjectStore {
  private static final Logger LOG = LoggerFactory.getLogger(S3Store.class);
  private static final long LARGEST_PUT = 5L << 30;
  private static final int DELETED_AT_ONCE = 1000;

  private final S3Client client;
  private final S3Settings settings;
  private final String keyPrefix;
  private final S3Failures failures;
  private volatile boolean conditionalPuts = true;
  private volatile boolean batchDeletes = true;

  private S3Store(S3Settings settings) {
    this.settings = settings;
    this.keyPrefix = settings.prefix().isEmpty() ? "" : settings.prefix() + "/";
    this.failures = new S3Failures(describe());
    this.client = S3Clients.open(settings);
  }

  /** Opens it; the caller closes it. */
  public static S3Store open(S3Settings settings) {
    return new S3Store(settings);
  }

  @Override
  public boolean putIfAbsent(String key, Content content) {
    ObjectKey.check(key);
    if (content.size() > LARGEST_PUT) {
      throw new StoreException(
          Kind.REFUSED,
          key + " has " + content.size() + " bytes, expected at most " + LARGEST_PUT,
          "S3 takes no more in one request; cut it into several objects.",
          null);
    }
    return conditionalPuts ? putConditionally(key, content) : putAfterALook(key, content);
  }

  private boolean putConditionally(String key, Content content) {
    try {
      send(request(key, content).ifNoneMatch("*").build(), content);
      return true;
    } catch (S3Exception e) {
      if (e.statusCode() == 412) {
        return false;
      }
      if (e.statusCode() == 501) {
        putsAreNotConditional();
        return putAfterALook(key, content);
      }
      throw failures.explain("put " + key, e);
    } catch (SdkException e) {
      throw failures.explain("put " + key, e);
    }
  }

  private boolean putAfterALook(String key, Content content) {
    if (head(key).isPresent()) {
      return false;
    }
    putAlways(key, content);
    return true;
  }

  private void putAlways(String key, Content content) {
    PutObjectRequest put = request(key, content).build();
    failures.attempt("put " + key, () -> send(put, content));
  }

  private boolean send(PutObjectRequest put, Content content) {
    RequestBody body =
        RequestBody.fromContentProvider(content::open, content.size(), "application/octet-stream");
    client.putObject(put, body);
    return true;
  }

  private PutObjectRequest.Builder request(String key, Content content) {
    PutObjectRequest.Builder put =
        PutObjectRequest.builder()
            .bucket(settings.bucket())
            .key(keyPrefix + key)
            .storageClass(settings.storageClass())
            .overrideConfiguration(
                override ->
                    override
                        .apiCallTimeout(settings.limits().forPut(content.size()))
                        .apiCallAttemptTimeout(settings.limits().forPut(content.size())));
    return switch (settings.encryption()) {
      case S3Encryption.BucketDefault _ -> put;
      case S3Encryption.Aes256 _ -> put.serverSideEncryption(ServerSideEncryption.AES256);
      case S3Encryption.Kms kms ->
          put.serverSideEncryption(ServerSideEncryption.AWS_KMS).ssekmsKeyId(kms.keyId());
    };
  }

  private void putsAreNotConditional() {
    if (conditionalPuts) {
      conditionalPuts = false;
      LOG.warn("{} has no conditional puts: two writers of one object are not kept apart", this);
    }
  }

  @Override
  public InputStream get(String key, long offset, long length) {
    Range range = Range.of(offset, length);
    ObjectKey.check(key);
    if (length == 0) {
      return head(key).map(_ -> InputStream.nullInputStream()).orElseThrow(() -> notFound(key));
    }
    try {
      return checked(key, range, request(key, range));
    } catch (S3Exception e) {
      // The object is there, and ends before the range begins.
      if (e.statusCode() == 416) {
        return InputStream.nullInputStream();
      }
      throw failures.explain("get " + key, e);
    } catch (SdkException e) {
      throw failures.explain("get " + key, e);
    }
  }

  private ResponseInputStream<GetObjectResponse> request(String key, Range range) {
    return client.getObject(
        get ->
            get.bucket(settings.bucket())
                .key(keyPrefix + key)
                .range(range.isWhole() ? null : range.header()));
  }

  private InputStream checked(
      String key, Range range, ResponseInputStream<GetObjectResponse> body) {
    String given = body.response().contentRange();
    boolean right =
        range.isWhole() || (given != null && given.startsWith("bytes " + range.offset() + "-"));
    if (!right || body.response().contentLength() == null) {
      body.abort();
      throw new StoreException(
          Kind.CORRUPT,
          "The server gave range '" + given + "' of " + key + ", expected " + range.header(),
          "Look at what is between here and the server: a proxy may drop headers.",
          null);
    }
    return new S3InputStream(body, key);
  }

  private static StoreException notFound(String key) {
    return new StoreException(Kind.NOT_FOUND, "There is no object " + key, "", null);
  }

  @Override
  public Optional<ObjectInfo> head(String key) {
    ObjectKey.check(key);
    try {
      return Optional.of(info(key, headRequest(key)));
    } catch (S3Exception e) {
      // An answer to HEAD has no body and so does not tell a missing object from a missing bucket.
      if (e.statusCode() == 404) {
        return confirmAbsent(key);
      }
      throw failures.explain("look at " + key, e);
    } catch (SdkException e) {
      throw failures.explain("look at " + key, e);
    }
  }

  private HeadObjectResponse headRequest(String key) {
    return client.headObject(head -> head.bucket(settings.bucket()).key(keyPrefix + key));
  }

  private static ObjectInfo info(String key, HeadObjectResponse found) {
    return new ObjectInfo(key, found.contentLength(), found.lastModified());
  }

  private Optional<ObjectInfo> confirmAbsent(String key) {
    try {
      request(key, Range.of(0, 1)).abort();
    } catch (S3Exception e) {
      if (e.statusCode() == 404 && S3Failures.code(e).equals("NoSuchKey")) {
        return Optional.empty();
      }
      if (e.statusCode() != 416) {
        throw failures.explain("look at " + key, e);
      }
    } catch (SdkException e) {
      throw failures.explain("look at " + key, e);
    }
    return Optional.of(failures.attempt("look at " + key, () -> info(key, headRequest(key))));
  }

  @Override
  public Stream<ObjectInfo> list(String prefix) {
    ObjectKey.checkPrefix(prefix);
    S3Listing listing = new S3Listing(token -> page(prefix, token, null), keyPrefix.length());
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            listing, Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL),
        false);
  }

  private ListObjectsV2Response page(
      String prefix, @Nullable String token, @Nullable String delimiter) {
    return failures.attempt(
        "list " + prefix,
        () ->
            client.listObjectsV2(
                list ->
                    list.bucket(settings.bucket())
                        .prefix(keyPrefix + prefix)
                        .delimiter(delimiter)
                        .continuationToken(token)));
  }

  @Override
  public List<String> children(String prefix) {
    ObjectKey.checkPrefix(prefix);
    int strip = keyPrefix.length() + prefix.length();
    TreeSet<String> names = new TreeSet<>();
    @Nullable String token = null;
    do {
      ListObjectsV2Response page = page(prefix, token, "/");
      page.contents().forEach(object -> names.add(object.key().substring(strip)));
      page.commonPrefixes().forEach(group -> names.add(group.prefix().substring(strip)));
      token = page.nextContinuationToken();
    } while (token != null);
    names.removeIf(
        name ->
            !ObjectKey.isName(name.endsWith("/") ? name.substring(0, name.length() - 1) : name));
    return List.copyOf(names);
  }

  @Override
  public void delete(String key) {
    ObjectKey.check(key);
    try {
      client.deleteObject(delete -> delete.bucket(settings.bucket()).key(keyPrefix + key));
    } catch (S3Exception e) {
      if (!S3Failures.code(e).equals("NoSuchKey")) {
        throw failures.explain("delete " + key, e);
      }
    } catch (SdkException e) {
      throw failures.explain("delete " + key, e);
    }
  }

  @Override
  public void deleteAll(List<String> keys) {
    keys.forEach(ObjectKey::check);
    for (int from = 0; from < keys.size(); from += DELETED_AT_ONCE) {
      List<String> batch = keys.subList(from, Math.min(keys.size(), from + DELETED_AT_ONCE));
      if (!batchDeletes || !deleteBatch(batch)) {
        batch.forEach(this::delete);
      }
    }
  }

  /** False if the server does not know this request, or not in the form that the SDK gives it. */
  private boolean deleteBatch(List<String> keys) {
    List<ObjectIdentifier> identifiers = new ArrayList<>();
    keys.forEach(key -> identifiers.add(ObjectIdentifier.builder().key(keyPrefix + key).build()));
    try {
      List<S3Error> errors =
          client
              .deleteObjects(
                  delete ->
                      delete
                          .bucket(settings.bucket())
                          .delete(batch -> batch.objects(identifiers).quiet(true)))
              .errors();
      return errors.stream().allMatch(error -> "NoSuchKey".equals(error.code()));
    } catch (S3Exception e) {
      StoreException explained = failures.explain("delete " + keys.size() + " objects", e);
      if (explained.kind() != Kind.REFUSED || S3Failures.code(e).equals("NoSuchBucket")) {
        throw explained;
      }
      batchDeletes = false;
      return false;
    } catch (SdkException e) {
      throw failures.explain("delete " + keys.size() + " objects", e);
    }
  }

  @Override
  public String describe() {
    return "s3://" + settings.bucket() + (keyPrefix.isEmpty() ? "" : "/" + settings.prefix());
  }

  @Override
  public StoreAbilities probe() {
    return new StoreProbe(this, this::refusesSecondPut).run();
  }

  private boolean refusesSecondPut(String key) {
    Content other = Content.of(new byte[] {1});
    boolean refused = conditionalPuts && !putConditionally(key, other) && conditionalPuts;
    if (!refused) {
      putsAreNotConditional();
    }
    return refused;
  }

  @Override
  public void close() {
    client.close();
  }

  @Override
  public String toString() {
    return describe();
  }
}
