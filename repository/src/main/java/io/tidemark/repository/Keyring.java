package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.WrappedKey.Content;
import io.tidemark.store.ObjectStore;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The data keys of one cluster. They lie in the repository, wrapped by the operator's key file, so
 * that either can be rotated without writing any data again. Safe for use by many threads.
 */
public final class Keyring {
  private static final int MAX_OBJECT_BYTES = 64 << 10;

  /** Wrappings and keys that a repository can have; far beyond any use. */
  private static final int MAX_OBJECTS = 10_000;

  private final ObjectStore store;
  private final Keys keys;
  private final Path keyFile;
  private final Writer writer;
  private final SecureRandom random = new SecureRandom();
  private volatile NavigableMap<String, DataKey> dataKeys = new TreeMap<>();

  private Keyring(ObjectStore store, Keys keys, Path keyFile, Writer writer) {
    this.store = store;
    this.keys = keys;
    this.keyFile = keyFile;
    this.writer = writer;
  }

  /** Writes a new key file for the operator, mode 0600; refuses where there is one. */
  public static void generateKeyFile(Path file) {
    KeyFile.generate(file);
  }

  /**
   * Writes a new key file that holds the keys of {@code old} and a new one, which wraps from then
   * on: name it in the configuration, then {@link #rewrap()}.
   */
  public static void rotateKeyFile(Path old, Path fresh) {
    KeyFile.rotate(old, fresh);
  }

  /** Opens the keys of a new cluster: makes the first data key unless there is one. */
  static Keyring create(ObjectStore store, Keys keys, Path keyFile, Writer writer) {
    Keyring keyring = new Keyring(store, keys, keyFile, writer);
    keyring.dataKeys = keyring.load();
    if (keyring.dataKeys.isEmpty()) {
      keyring.rotateDataKey();
    }
    return keyring;
  }

  /**
   * Opens the keys of a cluster.
   *
   * @throws TidemarkException SECRET_UNUSABLE where the key file cannot be used, or does not open
   *     the newest data key
   */
  static Keyring open(ObjectStore store, Keys keys, Path keyFile, Writer writer) {
    Keyring keyring = new Keyring(store, keys, keyFile, writer);
    keyring.dataKeys = keyring.load();
    if (keyring.dataKeys.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.OBJECT_MISSING,
          "there is no data key under "
              + keys.dataKeys()
              + " in "
              + store.describe()
              + "; expected at least one in an encrypted repository",
          "without its data keys nothing encrypted can be read: look for a copy of these objects");
    }
    return keyring;
  }

  /** The key for new objects: the one with the highest id. */
  DataKey current() {
    return dataKeys.lastEntry().getValue();
  }

  /**
   * The key with this id; looks into the store once more if it is not known yet.
   *
   * @throws TidemarkException SECRET_UNUSABLE where there is none that the key file opens
   */
  DataKey byId(String id) {
    DataKey known = dataKeys.get(id);
    if (known == null) {
      dataKeys = load();
      known = dataKeys.get(id);
    }
    if (known == null) {
      throw new TidemarkException(
          ErrorCode.SECRET_UNUSABLE,
          "data key "
              + id
              + " is not under "
              + keys.dataKeys()
              + " in "
              + store.describe()
              + "; expected the key that an object there was encrypted with",
          "look for a copy of that object: what it encrypted cannot be read without it");
    }
    return known;
  }

  /** Makes a new data key, which encrypts what is written from now on; returns its id. */
  public String rotateDataKey() {
    KeyFile operator = KeyFile.read(keyFile);
    byte[] secret = new byte[DataKey.BYTES];
    random.nextBytes(secret);
    String id = nextId();
    if (!put(operator, new WrappedKey(id, 1), secret)) {
      throw new TidemarkException(
          ErrorCode.CONTENT_CONFLICT,
          "a data key " + id + " is there already; expected a new random id",
          "run it again");
    }
    // Read it back: a key that cannot be read must never encrypt anything.
    dataKeys = load();
    return byId(id).id();
  }

  /** Ascends, so that the highest is the newest, and is random, so that no two are ever equal. */
  private String nextId() {
    int sequence = 1;
    if (!dataKeys.isEmpty()) {
      sequence = Integer.parseInt(dataKeys.lastKey().substring(0, 4), 16) + 1;
    }
    if (sequence > 0xFFFF) {
      throw new TidemarkException(
          ErrorCode.INTERNAL, "there are more than 65535 data keys", "begin a new repository");
    }
    long rest = random.nextLong() & 0xFFFF_FFFF_FFFFL;
    return String.format(Locale.ROOT, "%04X%012X", sequence, rest);
  }

  /**
   * Wraps every data key by the operator's current key that is not yet. The earlier wrappings stay:
   * nothing is ever changed.
   *
   * @return how many it wrapped
   */
  public int rewrap() {
    KeyFile operator = KeyFile.read(keyFile);
    int count = 0;
    dataKeys = load();
    List<WrappedKey> newest = newestOfEach(list());
    for (WrappedKey each : newest) {
      if (!read(each).kek().equals(operator.primary())) {
        put(operator, new WrappedKey(each.keyId(), each.n() + 1), byId(each.keyId()).bytes());
        count++;
      }
    }
    dataKeys = load();
    return count;
  }

  private boolean put(KeyFile operator, WrappedKey name, byte[] secret) {
    Content content =
        Content.of(name.keyId(), operator.wrap(secret, name.keyId()), operator.primary());
    return store.putIfAbsent(
        keys.dataKey(name.keyId(), name.n()),
        io.tidemark.store.Content.of(content.toBytes(Instant.now(), writer)));
  }

  private NavigableMap<String, DataKey> load() {
    KeyFile operator = KeyFile.read(keyFile);
    NavigableMap<String, DataKey> found = new TreeMap<>();
    List<WrappedKey> all = list();
    for (WrappedKey each : newestOfEach(all)) {
      List<WrappedKey> wrappings =
          all.stream().filter(w -> w.keyId().equals(each.keyId())).toList();
      found.put(each.keyId(), unwrap(operator, wrappings));
    }
    return found;
  }

  /** All wrappings, of each key the newest first. */
  private List<WrappedKey> list() {
    return store.children(keys.dataKeys()).stream()
        .limit(MAX_OBJECTS)
        .map(WrappedKey::parse)
        .flatMap(Optional::stream)
        .sorted(WrappedKey.NEWEST_FIRST)
        .toList();
  }

  private static List<WrappedKey> newestOfEach(List<WrappedKey> all) {
    List<WrappedKey> newest = new ArrayList<>();
    for (WrappedKey each : all) {
      if (newest.isEmpty() || !newest.getLast().keyId().equals(each.keyId())) {
        newest.add(each);
      }
    }
    return newest;
  }

  /**
   * By the newest wrapping that the operator's key opens: an older one serves a host that was not
   * given the new key yet, and one whose newest is damaged.
   */
  private DataKey unwrap(KeyFile operator, List<WrappedKey> wrappings) {
    List<String> tried = new ArrayList<>();
    for (WrappedKey each : wrappings) {
      Content content = read(each);
      try {
        if (!content.keyId().equals(each.keyId())) {
          throw new GeneralSecurityException("it is of key " + content.keyId());
        }
        return new DataKey(each.keyId(), operator.unwrap(content.wrappedBytes(), each.keyId()));
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        tried.add(content.kek());
      }
    }
    throw new TidemarkException(
        ErrorCode.SECRET_UNUSABLE,
        "key file "
            + operator
            + " (keys "
            + String.join(", ", operator.ids())
            + ") does not open data key "
            + wrappings.getFirst().keyId()
            + " in "
            + store.describe()
            + ", which was wrapped by key "
            + String.join(", ", tried),
        "name the key file that this repository was made with in encryption.key-file; if it is"
            + " the right one, the object was changed");
  }

  private Content read(WrappedKey name) {
    String key = keys.dataKey(name.keyId(), name.n());
    try {
      return Content.parse(StoreReads.small(store, key, MAX_OBJECT_BYTES));
    } catch (IllegalArgumentException e) {
      throw Damage.of(store, key).found("it is not a wrapped data key: " + e.getMessage(), e);
    }
  }

  /** Where the keys are; never what they are. */
  @Override
  public String toString() {
    return "keyring of " + keys.dataKeys();
  }
}
