package io.tidemark.backup;

import io.tidemark.repository.ParallelWork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Copies files with several threads, which take stretches of files from one queue. */
final class CopyWorkers {
  private CopyWorkers() {}

  /** A part of a file, the unit of work. */
  record Stretch(FileCopy copy, int number) {}

  /** Copies all of {@code files}; when it returns, their packs are durable. */
  static List<FileCopy> copy(List<SourceFile> files, int threads, CopyContext context) {
    List<FileCopy> copies = files.stream().map(FileCopy::new).toList();
    ParallelWork.run("backup-copy", threads, inOrderOfWork(copies), () -> new FileCopier(context));
    return copies;
  }

  /** Big files first, so that the threads end together; small ones by path, to lie side by side. */
  static List<Stretch> inOrderOfWork(List<FileCopy> copies) {
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
