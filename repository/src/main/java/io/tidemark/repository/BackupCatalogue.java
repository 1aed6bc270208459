package io.tidemark.repository;

import io.tidemark.postgres.Lsn;
import io.tidemark.postgres.Timeline;
import java.util.List;

/** A cluster's backups. */
public final class BackupCatalogue {
  BackupCatalogue() {}

  /** All of them, oldest first, by one small read each. */
  public List<BackupEntry> list() {
    throw new UnsupportedOperationException();
  }

  /** Reads a manifest whole and checks it: complete, of this cluster, no path that leaves it. */
  public Manifest manifest(BackupName name) {
    throw new UnsupportedOperationException();
  }

  /** Begins a new backup: puts its backup.json. */
  public BackupWriter begin(BackupName name, Timeline timeline, Lsn startLsn) {
    throw new UnsupportedOperationException();
  }

  /** Goes on with an unfinished one: what its packs hold can be used again. */
  public BackupWriter resume(BackupEntry.Unfinished backup) {
    throw new UnsupportedOperationException();
  }

  /** For reading frames. */
  public PackReader reader() {
    throw new UnsupportedOperationException();
  }
}
