package io.tidemark.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/** Unpacks an embedded distribution once, also when several JVMs want it at the same moment. */
final class PostgresUnpacker {
  /** One thread of this JVM at a time: a file lock is the whole JVM's, not a thread's. */
  private static final Object IN_THIS_JVM = new Object();

  /**
   * Where distributions go when nobody else may enter the cache: one per JVM, since only it knows
   * when the last cluster is gone.
   */
  private static @Nullable TemporaryDirectory ownCache;

  private PostgresUnpacker() {}

  /** The directory with bin, lib and share of the distribution. */
  static Path unpack(Path jar, int major, Path cache) {
    synchronized (IN_THIS_JVM) {
      try {
        Path usable = usable(cache);
        // The size stands for the minor version: a newer jar is unpacked beside the older one.
        Path target = usable.resolve(major + "-" + Files.size(jar));
        Path complete = target.resolve(".complete");
        if (!Files.exists(complete)) {
          unpackLocked(jar, target, complete);
        }
        return PostgresBinaries.real(target);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot unpack " + jar, e);
      }
    }
  }

  private static Path usable(Path cache) throws IOException {
    if (OsUser.canTraverse(cache)) {
      return Files.createDirectories(cache);
    }
    TemporaryDirectory own = ownCache;
    if (own == null) {
      own = TemporaryDirectory.create("tidemark-postgres-");
      ownCache = own;
    }
    return own.path();
  }

  private static void unpackLocked(Path jar, Path target, Path complete) throws IOException {
    Path lockFile = target.resolveSibling(target.getFileName() + ".lock");
    try (FileChannel channel =
            FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      if (lock.isValid() && !Files.exists(complete)) {
        if (Files.exists(target)) {
          TemporaryDirectory.delete(target);
        }
        unpackTo(jar, target);
        Files.createFile(complete);
      }
    }
  }

  private static void unpackTo(Path jar, Path target) throws IOException {
    try (InputStream file = Files.newInputStream(jar);
        ZipInputStream zip = new ZipInputStream(file)) {
      for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().endsWith(".txz")) {
          unpackTar(zip, target);
          return;
        }
      }
    }
    throw new IOException("no .txz in " + jar);
  }

  private static void unpackTar(InputStream compressed, Path target) throws IOException {
    TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(compressed));
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      Path path = target.resolve(entry.getName()).normalize();
      if (!path.startsWith(target)) {
        throw new IOException("outside of the archive: " + entry.getName());
      }
      Files.createDirectories(entry.isDirectory() ? path : path.getParent());
      if (entry.isSymbolicLink()) {
        Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
      } else if (entry.isLink()) {
        Files.createLink(path, target.resolve(entry.getLinkName()));
      } else if (entry.isFile()) {
        Files.copy(tar, path);
      }
      if (!Files.isSymbolicLink(path) && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.setPosixFilePermissions(path, permissions(entry.getMode()));
      }
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    PosixFilePermission[] bits = PosixFilePermission.values();
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    for (int i = 0; i < bits.length; i++) {
      if ((mode >> (bits.length - 1 - i) & 1) == 1) {
        set.add(bits[i]);
      }
    }
    return set;
  }
}
