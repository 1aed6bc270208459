package io.tidemark.backup;

import io.tidemark.repository.BackupWriter;
import io.tidemark.repository.ParallelWork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Copies files with several threads, which take stretches of files from one queue. */
final class CopyWorkers {
  /** A part of a file, the unit of work. */
  record Stretch(FileCopy copy, int number) {}

  private final BackupWriter writer;
  private final PageReader pages;
  private final BackupProgress progress;
  private final AtomicLong reusedBytes;

  /**
   * @param reusedBytes counts the raw bytes that did not have to be stored again
   */
  CopyWorkers(
      BackupWriter writer, PageReader pages, BackupProgress progress, AtomicLong reusedBytes) {
    this.writer = writer;
    this.pages = pages;
    this.progress = progress;
    this.reusedBytes = reusedBytes;
  }

  /** Copies all of {@code files}; when it returns, their packs are durable. */
  List<FileCopy> copy(List<SourceFile> files, int threads) {
    List<FileCopy> copies = files.stream().map(FileCopy::new).toList();
    ParallelWork.run(
        "backup-copy",
        threads,
        inOrderOfWork(copies),
        () -> new FileCopier(writer, pages, progress, reusedBytes));
    return copies;
  }

  /** Big files first, so that the threads end together; small ones by path, to lie side by side. */
  private static List<Stretch> inOrderOfWork(List<FileCopy> copies) {
    List<FileCopy> ordered = new ArrayList<>(copies);
    ordered.sort(Comparator.comparingInt(FileCopy::stretches).reversed());
    List<Stretch> stretches = new ArrayList<>();
    for (FileCopy copy : ordered) {
      for (int i = 0; i < copy.stretches(); i++) {
        stretches.add(new Stretch(copy, i));
      }
    }
    return stretches;
  }
}
