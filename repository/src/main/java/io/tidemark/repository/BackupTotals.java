package io.tidemark.repository;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A completed backup in figures.
 *
 * @param files regular files
 * @param bytes their size in all
 * @param storedBytes what its own packs take in the store
 * @param packs its own packs
 */
public record BackupTotals(long files, long bytes, long storedBytes, int packs) {
  /**
   * Adds up the files of {@code backup}; frames in other backups' packs take nothing of its own.
   */
  public static BackupTotals of(BackupName backup, List<BackupFile> files) {
    long bytes = 0;
    long storedBytes = 0;
    Set<Integer> packs = new HashSet<>();
    for (BackupFile file : files) {
      bytes += file.size();
      for (Frame frame : file.frames()) {
        if (!frame.isZeros() && frame.pack().backup().equals(backup)) {
          storedBytes += frame.storedLength();
          packs.add(frame.pack().number());
        }
      }
    }
    return new BackupTotals(files.size(), bytes, storedBytes, packs.size());
  }
}
