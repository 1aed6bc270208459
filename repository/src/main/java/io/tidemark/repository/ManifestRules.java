package io.tidemark.repository;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * What a manifest must keep so that nobody who restores it writes outside the target, twice to one
 * place, or less than a whole file. Each check throws IllegalArgumentException with what is wrong.
 * For one manifest; it remembers the paths that it saw.
 */
final class ManifestRules {
  private static final int MAX_PATH_BYTES = 4096;
  private static final int MAX_NAME_BYTES = 255;
  private static final int MAX_MODE = 07777;

  private final Set<String> files = new HashSet<>();
  private final Set<String> directories = new HashSet<>();

  /** The directories that some path leads through. */
  private final Set<String> parents = new HashSet<>();

  private final Set<Integer> tablespaces = new HashSet<>();

  void check(Manifest manifest) {
    manifest.tablespaces().forEach(this::check);
    manifest.directories().forEach(this::check);
    manifest.files().forEach(this::check);
  }

  void check(Manifest.Tablespace tablespace) {
    String location = tablespace.location();
    if (location.isEmpty() || location.chars().anyMatch(c -> c < ' ')) {
      throw new IllegalArgumentException("a tablespace cannot be at '" + location + "'");
    }
    if (!tablespaces.add(tablespace.oid())) {
      throw new IllegalArgumentException("tablespace " + tablespace.oid() + " is listed twice");
    }
  }

  void check(Manifest.Directory directory) {
    String path = directory.path();
    checkPath(path);
    checkMode(path, directory.mode());
    if (files.contains(path) || !directories.add(path)) {
      throw new IllegalArgumentException("'" + path + "' is listed twice");
    }
    checkParents(path);
  }

  void check(BackupFile file) {
    String path = file.path();
    checkPath(path);
    checkMode(path, file.mode());
    if (directories.contains(path) || parents.contains(path) || !files.add(path)) {
      throw new IllegalArgumentException("'" + path + "' is listed twice");
    }
    if (isTablespaceItself(path)) {
      throw new IllegalArgumentException("'" + path + "' is a tablespace's place, not a file's");
    }
    checkParents(path);
    checkFrames(file);
  }

  private void checkPath(String path) {
    if (path.indexOf('\0') >= 0 || path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
      throw new IllegalArgumentException("'" + path + "' is not a path: NUL, or too long");
    }
    for (String name : path.split("/", -1)) {
      if (name.isEmpty() || name.equals(".") || name.equals("..")) {
        throw new IllegalArgumentException("path '" + path + "' leads out of the data directory");
      }
      if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
        throw new IllegalArgumentException("a name in '" + path + "' is too long");
      }
    }
  }

  private static void checkMode(String path, int mode) {
    if (mode < 0 || mode > MAX_MODE) {
      throw new IllegalArgumentException("'" + path + "' cannot have mode " + mode);
    }
  }

  /** No path may lead through a file: a link there would lead a restore anywhere. */
  private void checkParents(String path) {
    for (int at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      String parent = path.substring(0, at);
      if (files.contains(parent)) {
        throw new IllegalArgumentException("'" + path + "' lies below the file '" + parent + "'");
      }
      if (!parents.add(parent)) {
        return;
      }
    }
  }

  private static boolean isTablespaceItself(String path) {
    return path.equals("pg_tblspc") || path.matches("pg_tblspc/[^/]*");
  }

  private static void checkFrames(BackupFile file) {
    long end = 0;
    for (Frame frame : file.frames()) {
      checkFrame(file.path(), frame);
      if (frame.fileOffset() != end) {
        throw new IllegalArgumentException(
            "'" + file.path() + "' has a frame at " + frame.fileOffset() + "; expected at " + end);
      }
      end += frame.rawLength();
    }
    if (end != file.size()) {
      throw new IllegalArgumentException(
          "'" + file.path() + "' has " + file.size() + " bytes, and frames of " + end);
    }
  }

  private static void checkFrame(String path, Frame frame) {
    boolean sane =
        frame.rawLength() > 0
            && frame.rawLength() <= Frame.MAX_RAW_BYTES
            && frame.storedLength() >= 0
            && frame.storedLength() <= FrameCodec.maxStored(Frame.MAX_RAW_BYTES)
            && frame.packOffset() >= 0
            && frame.packOffset() <= Long.MAX_VALUE - frame.storedLength()
            && (frame.isZeros() || frame.pack().number() > 0);
    if (!sane) {
      throw new IllegalArgumentException("'" + path + "' has an impossible frame: " + frame);
    }
  }
}
