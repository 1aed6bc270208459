package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.store.Content;
import io.tidemark.store.ObjectInfo;
import io.tidemark.store.StoreException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Gatherers;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A cluster's backups. Safe for use by many threads. */
public final class BackupCatalogue {
  private static final Logger LOG = LoggerFactory.getLogger(BackupCatalogue.class);

  /** So many small reads at a time. */
  private static final int READS_AT_ONCE = 8;

  private static final Pattern PACK = Pattern.compile("([0-9]{8})\\.pack");

  private final Part part;

  BackupCatalogue(Part part) {
    this.part = part;
  }

  Part part() {
    return part;
  }

  /** All of them, oldest first, by one small read each. */
  public List<BackupEntry> list() {
    return names().stream()
        .gather(Gatherers.mapConcurrent(READS_AT_ONCE, this::entry))
        .flatMap(Optional::stream)
        .toList();
  }

  /** The names of all groups of backups, whatever is in them, oldest first. */
  List<BackupName> names() {
    return part.store().children(part.keys().backups()).stream()
        .filter(name -> name.endsWith("/"))
        .map(name -> name.substring(0, name.length() - 1))
        .filter(BackupName::isName)
        .map(BackupName::new)
        .sorted()
        .toList();
  }

  private Optional<BackupEntry> entry(BackupName name) {
    Damage damage = part.damage(part.keys().manifest(name));
    try {
      SealedHeader header = part.sealed().header(part.keys().manifest(name), Kind.MANIFEST);
      return Optional.of(completed(damage, name, header));
    } catch (StoreException e) {
      if (e.kind() != StoreException.Kind.NOT_FOUND) {
        throw e;
      }
      return unfinished(name);
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.OBJECT_DAMAGED) {
        throw e;
      }
      return Optional.of(new BackupEntry.Damaged(name, e.getMessage()));
    }
  }

  private static BackupEntry completed(Damage damage, BackupName name, SealedHeader header) {
    try {
      BackupEntry.Completed found = ManifestJson.entry(header.about());
      if (!found.name().equals(name)) {
        throw new IllegalArgumentException("it is the manifest of " + found.name());
      }
      return found;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw damage.found("its header does not describe a backup: " + e.getMessage(), e);
    }
  }

  private Optional<BackupEntry> unfinished(BackupName name) {
    String key = part.keys().backupBegan(name);
    try {
      byte[] json = StoreReads.small(part.store(), key, BackupBegan.MAX_BYTES);
      return Optional.of(BackupBegan.decode(part.damage(key), name, json));
    } catch (StoreException e) {
      if (e.kind() == StoreException.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.OBJECT_DAMAGED) {
        throw e;
      }
      return Optional.of(new BackupEntry.Damaged(name, e.getMessage()));
    }
  }

  /**
   * Reads a manifest whole and checks it: complete, of this cluster, no path that leaves it.
   *
   * @throws TidemarkException OBJECT_DAMAGED, WRONG_CLUSTER, FORMAT_NEWER; OBJECT_MISSING where
   *     there is no completed backup of that name
   */
  public Manifest manifest(BackupName name) {
    String key = part.keys().manifest(name);
    ManifestReader reader = new ManifestReader(part.damage(key), name, part.identity().systemId());
    SealedHeader header = part.sealed().read(key, Kind.MANIFEST, reader);
    return reader.manifest(header.about());
  }

  /**
   * Begins a new backup: puts its backup.json.
   *
   * @throws TidemarkException CONTENT_CONFLICT where there is one of that name
   */
  public BackupWriter begin(BackupName name, Timeline timeline, Lsn startLsn) {
    Writer writer = part.options().writer();
    byte[] began = BackupBegan.encode(name, timeline, startLsn, Instant.now(), writer);
    String key = part.keys().backupBegan(name);
    if (!part.store().putIfAbsent(key, Content.of(began))) {
      throw new TidemarkException(
          ErrorCode.CONTENT_CONFLICT,
          key + " is already in " + part.store().describe() + "; expected no backup of that name",
          "two backups began in one second: find the other, or wait a second and run it again");
    }
    return new BackupWriter(part, name, StoredFrames.NONE, 0);
  }

  /** Goes on with an unfinished one: what its packs hold can be used again. */
  public BackupWriter resume(BackupEntry.Unfinished backup) {
    BackupName name = backup.name();
    List<ObjectInfo> packs = packs(name);
    List<PackDirectory.Entry> entries =
        packs.stream()
            .gather(Gatherers.mapConcurrent(READS_AT_ONCE, object -> entries(name, object)))
            .flatMap(List::stream)
            .toList();
    int last = packs.stream().mapToInt(object -> number(object).orElse(0)).max().orElse(0);
    return new BackupWriter(part, name, new StoredFrames(entries), last);
  }

  /** The packs of a backup that are there. */
  List<ObjectInfo> packs(BackupName name) {
    try (Stream<ObjectInfo> objects = part.store().list(part.keys().packs(name))) {
      return objects.filter(object -> number(object).isPresent()).toList();
    }
  }

  static Optional<Integer> number(ObjectInfo pack) {
    Matcher matcher = PACK.matcher(pack.key().substring(pack.key().lastIndexOf('/') + 1));
    return matcher.matches() ? Optional.of(Integer.valueOf(matcher.group(1))) : Optional.empty();
  }

  /** A pack that cannot be read is as good as none: its files are copied again. */
  private List<PackDirectory.Entry> entries(BackupName name, ObjectInfo object) {
    try {
      return new PackScan(part).entries(new PackName(name, number(object).orElseThrow()), object);
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.OBJECT_DAMAGED) {
        throw e;
      }
      LOG.warn("what it holds is copied again: {}", e.getMessage());
      return List.of();
    }
  }

  /** For reading frames. */
  public PackReader reader() {
    return new PackReader(part);
  }
}
