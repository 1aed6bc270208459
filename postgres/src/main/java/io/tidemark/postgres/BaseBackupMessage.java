package io.tidemark.postgres;

import java.nio.ByteBuffer;

/** What a server sends in a base backup, in this order ("BASE_BACKUP" in the protocol's pages). */
public sealed interface BaseBackupMessage {
  /**
   * A tar file begins, with everything up to the next such message.
   *
   * @param name {@code base.tar}, or {@code <oid>.tar} of a tablespace
   * @param tablespacePath empty for the data directory
   */
  record NewArchive(String name, String tablespacePath) implements BaseBackupMessage {}

  /**
   * Bytes of the tar file, or of the manifest, that is under way. *
   *
   * @param data a heap buffer of its own
   */
  record Data(ByteBuffer data) implements BaseBackupMessage {}

  /** The backup_manifest begins. */
  record ManifestStart() implements BaseBackupMessage {}

  /**
   * How far it is.
   *
   * @param bytes read so far, of all files
   */
  record Progress(long bytes) implements BaseBackupMessage {}

  /**
   * All was sent; the connection can be used again.
   *
   * @param end the backup needs all WAL before this
   */
  record End(Lsn end, Timeline timeline) implements BaseBackupMessage {}
}
