package io.tidemark.repository;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import io.tidemark.repository.Finding.Severity;
import io.tidemark.repository.Verification.Progress;
import io.tidemark.store.ObjectInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/** What a verification is to read, has read and has found. Safe for use by many threads. */
final class VerificationLog {
  /** More say no more: the archive is in ruins. */
  private static final int MAX_FINDINGS = 10_000;

  private static final Set<ErrorCode> ABOUT_THE_OBJECT =
      EnumSet.of(
          ErrorCode.OBJECT_DAMAGED,
          ErrorCode.OBJECT_MISSING,
          ErrorCode.FORMAT_NEWER,
          ErrorCode.WRONG_CLUSTER,
          ErrorCode.SECRET_UNUSABLE);

  private final NavigableMap<String, ObjectInfo> objects;
  private final ConcurrentHashMap.KeySetView<String, Boolean> done = ConcurrentHashMap.newKeySet();
  private final List<Finding> findings = new ArrayList<>();
  private final Progress progress;
  private final long bytesInAll;
  private final AtomicLong bytesDone = new AtomicLong();
  final AtomicLong frames = new AtomicLong();
  final AtomicLong pages = new AtomicLong();
  final AtomicLong segments = new AtomicLong();
  final AtomicLong backups = new AtomicLong();

  VerificationLog(List<ObjectInfo> objects, Progress progress) {
    this.objects = new TreeMap<>();
    objects.forEach(object -> this.objects.put(object.key(), object));
    this.progress = progress;
    this.bytesInAll = objects.stream().mapToLong(ObjectInfo::size).sum();
  }

  NavigableMap<String, ObjectInfo> objects() {
    return objects;
  }

  boolean isThere(String key) {
    return objects.containsKey(key);
  }

  /** Counts an object as looked at, once. */
  void done(String key) {
    ObjectInfo object = objects.get(key);
    if (object != null && done.add(key)) {
      progress.at(bytesDone.addAndGet(object.size()), bytesInAll);
    }
  }

  boolean isDone(String key) {
    return done.contains(key);
  }

  /** What nobody has looked at. */
  List<String> rest() {
    List<String> rest = new ArrayList<>(objects.keySet());
    rest.removeAll(done);
    return rest;
  }

  void error(String key, String what, String action) {
    add(new Finding(Severity.ERROR, key, what, action));
  }

  void warning(String key, String what, String action) {
    add(new Finding(Severity.WARNING, key, what, action));
  }

  void info(String key, String what) {
    add(new Finding(Severity.INFO, key, what, ""));
  }

  /** How many there are by now. */
  synchronized int findings() {
    return findings.size();
  }

  /** Takes back what was said since there were {@code before} findings. */
  synchronized void forget(int before, Predicate<Finding> needless) {
    findings.subList(before, findings.size()).removeIf(needless);
  }

  private synchronized void add(Finding finding) {
    if (findings.size() < MAX_FINDINGS) {
      findings.add(finding);
    }
  }

  /**
   * Runs what reads an object. Damage is a finding; everything else, such as a store that does not
   * answer, ends the verification.
   *
   * @return whether it went well
   */
  boolean attempt(String key, Runnable read) {
    try {
      read.run();
      return true;
    } catch (TidemarkException e) {
      if (!ABOUT_THE_OBJECT.contains(e.code())) {
        throw e;
      }
      error(key, e.getMessage(), e.hint());
      return false;
    }
  }

  static boolean isDamage(TidemarkException e) {
    return e.code() == ErrorCode.OBJECT_DAMAGED;
  }

  synchronized VerificationResult result() {
    return new VerificationResult(
        done.size(),
        bytesDone.get(),
        (int) backups.get(),
        frames.get(),
        pages.get(),
        segments.get(),
        findings.stream()
            .distinct()
            .sorted(
                Comparator.comparing(Finding::severity)
                    .thenComparing(Finding::key)
                    .thenComparing(Finding::what))
            .toList());
  }
}
