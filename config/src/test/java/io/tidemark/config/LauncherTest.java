package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./tidemark} in a checkout whose build and Java only say what they were asked for. */
class LauncherTest {
  @TempDir private Path checkout;

  @BeforeEach
  void makeTheCheckout() throws IOException {
    Files.createDirectories(checkout.resolve(".mvn"));
    Files.createDirectories(checkout.resolve("config/src/main/java"));
    Files.createDirectories(checkout.resolve("jdk/bin"));
    for (String file : List.of("tidemark", ".mvn/find-jdk.sh")) {
      Files.copy(Shell.root().resolve(file), checkout.resolve(file));
    }
    Files.writeString(checkout.resolve("pom.xml"), "<project/>");
    Files.writeString(checkout.resolve("config/src/main/java/A.java"), "class A {}");
    Files.writeString(checkout.resolve("jdk/release"), "JAVA_VERSION=\"25\"\n");
    script("jdk/bin/java", "printf '%s\\n' \"$@\"");
    script("jdk/bin/javac", "exit 1");
    script(
        "build",
        """
        here=$(dirname "$0")
        echo "$@" >>"$here/builds"
        mkdir -p "$here/daemon/target/tidemark/lib" "$here/demo/target/tidemark-demo/lib"
        """);
  }

  private void script(String name, String text) throws IOException {
    Path file = Files.writeString(checkout.resolve(name), "#!/bin/sh\n" + text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Shell.Result tidemark(String... arguments) throws IOException, InterruptedException {
    return tidemark(Map.of(), arguments);
  }

  private Shell.Result tidemark(Map<String, String> more, String... arguments)
      throws IOException, InterruptedException {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("JAVA_HOME", checkout.resolve("jdk").toString());
    return Shell.run(
        checkout,
        environment,
        Stream.concat(
                Stream.of("sh", checkout.resolve("tidemark").toString()), Stream.of(arguments))
            .toList());
  }

  private List<String> builds() throws IOException {
    Path builds = checkout.resolve("builds");
    return Files.exists(builds) ? Files.readAllLines(builds) : List.of();
  }

  @Test
  void buildsOnceAndAgainWhenASourceIsNewer() throws Exception {
    assertThat(tidemark("status").err()).isEqualTo("tidemark: building daemon ...\n");
    assertThat(tidemark("status").err()).isEmpty();
    assertThat(builds()).hasSize(1).first().asString().contains("-pl daemon -am package");

    Files.setLastModifiedTime(
        checkout.resolve("config/src/main/java/A.java"),
        FileTime.from(Instant.now().plusSeconds(100)));
    assertThat(tidemark("status").err()).isEqualTo("tidemark: building daemon ...\n");
    assertThat(builds()).hasSize(2);
  }

  @Test
  void aBuildThatFailsIsNotTakenForDone() throws Exception {
    script("build", "exit 1");

    Shell.Result result = tidemark("status");

    assertThat(result.exitCode()).isEqualTo(ErrorCode.SOFTWARE_MISSING.exitCode());
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("the build failed");
    assertThat(tidemark("status").exitCode()).isEqualTo(ErrorCode.SOFTWARE_MISSING.exitCode());
  }

  @Test
  void theDemoRunsWithItsOwnLibraries() throws Exception {
    assertThat(tidemark("demo", "--s3").out().lines())
        .contains("-Xmx256m", checkout.toRealPath().resolve("demo/target/tidemark-demo/lib") + "/*")
        .contains(
            "-Dtidemark.postgres.binaries="
                + checkout.toRealPath().resolve("testing/target/postgres-binaries"))
        .endsWith("io.tidemark.daemon.Tidemark", "demo", "--s3");
    assertThat(builds()).hasSize(1).first().asString().contains("-pl demo -am package");
  }

  @Test
  void theDaemonHasItsFixedBudgetWhereverItsNameStands() throws Exception {
    assertThat(tidemark("daemon").out().lines())
        .contains("-Xmx72m", "-XX:MaxDirectMemorySize=192m", "-XX:+ExitOnOutOfMemoryError");
    assertThat(tidemark("--config", "/a b", "daemon").out().lines())
        .contains("-Xmx72m")
        .endsWith("io.tidemark.daemon.Tidemark", "--config", "/a b", "daemon");
    assertThat(tidemark("status", "daemon").out().lines()).contains("-Xmx128m");
  }

  @Test
  void theDaemonHasTheHeapOfAnalyticsWhereItsConfigurationHasThat() throws Exception {
    Path config = checkout.resolve("with analytics.yaml");
    Files.writeString(config, "clusters: {}\nanalytics:\n  memory: 256MiB\n");
    for (String[] words :
        new String[][] {
          {"--config", config.toString(), "daemon"}, {"daemon", "--config=" + config},
        }) {
      assertThat(tidemark(words).out().lines()).contains("-Xmx352m");
    }
  }

  // The AOT cache

  private static final String NOTES_OPTIONS =
      """
      for option in "$@"; do
        case $option in -XX:AOTCacheOutput=*) echo cache >"${option#*=}" ;; esac
      done
      printf '%s\\n' "$@"
      """;

  private static Path cacheIn(Path lib) throws IOException {
    try (Stream<Path> files = Files.list(lib)) {
      return files.filter(file -> file.toString().endsWith(".aot")).findFirst().orElseThrow();
    }
  }

  private Path cache() throws IOException {
    return cacheIn(checkout.toRealPath().resolve("daemon/target/tidemark/lib"));
  }

  @Test
  void trainsOnceAfterTheBuildAndUsesWhatItMade() throws Exception {
    script("jdk/bin/java", NOTES_OPTIONS);

    Shell.Result first = tidemark("status");

    assertThat(first.err()).isEqualTo("tidemark: building daemon ...\n");
    assertThat(first.out().lines())
        .contains("-XX:AOTCache=" + cache(), "-Xlog:aot*=off,cds*=off")
        .noneMatch(line -> line.startsWith("-XX:AOTCacheOutput"))
        .endsWith("io.tidemark.daemon.Tidemark", "status");
    assertThat(Files.getPosixFilePermissions(cache()))
        .isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));
    Files.writeString(cache(), "made before");
    tidemark("status");
    assertThat(cache()).hasContent("made before");
  }

  @Test
  void whatRunsLongIsCompiledAnewAndTheDaemonSparesItsMemory() throws Exception {
    script("jdk/bin/java", NOTES_OPTIONS);

    assertThat(tidemark("backup").out().lines())
        .contains("-XX:AOTCache=" + cache(), "-XX:-AOTReplayTraining");
    assertThat(tidemark("restore").out().lines())
        .contains("-XX:AOTCache=" + cache())
        .doesNotContain("-XX:-AOTReplayTraining");
    assertThat(tidemark("daemon").out().lines()).noneMatch(line -> line.contains("AOT"));
  }

  @Test
  void leavesTheCacheOutWhereTheOperatorChoosesAnother() throws Exception {
    script("jdk/bin/java", NOTES_OPTIONS);
    tidemark("status");

    Shell.Result result = tidemark(Map.of("TIDEMARK_JAVA_OPTS", "-Xshare:off"), "status");

    assertThat(result.out().lines())
        .contains("-Xshare:off")
        .noneMatch(line -> line.contains("AOT"));
  }

  @Test
  void aTrainingThatFailsCostsNothingButSpeed() throws Exception {
    script("jdk/bin/java", "case \"$*\" in *train) echo no >&2; exit 1 ;; *) echo ran ;; esac");

    assertThat(tidemark("status"))
        .isEqualTo(new Shell.Result(0, "ran\n", "tidemark: building daemon ...\n"));
    assertThat(checkout.resolve("daemon/target/tidemark/lib")).isEmptyDirectory();
    assertThat(tidemark("train").exitCode()).isNotZero();
  }

  /** With the real Java, and a program of one class. */
  @Test
  void aCacheThatDoesNotFitIsIgnoredInSilence() throws Exception {
    Path home = Files.createDirectories(checkout.resolve("installed/bin"));
    Path lib = Files.createDirectories(checkout.resolve("installed/lib"));
    Path launcher = Files.copy(Shell.root().resolve("tidemark"), home.resolve("tidemark"));
    Files.copy(Shell.root().resolve(".mvn/find-jdk.sh"), lib.resolve("find-jdk.sh"));
    program(lib);
    assertThat(real(launcher, "train")).isEqualTo(new Shell.Result(0, "", ""));
    Path cache = cacheIn(lib);
    byte[] whole = Files.readAllBytes(cache);
    assertRunsInSilence(launcher, true);

    Files.write(cache, Arrays.copyOf(whole, whole.length / 2));
    assertRunsInSilence(launcher, false);
    Files.writeString(cache, "no cache at all");
    assertRunsInSilence(launcher, false);
    Files.write(cache, whole);
    Files.setLastModifiedTime(
        lib.resolve("program.jar"), FileTime.from(Instant.now().plusSeconds(100)));
    assertRunsInSilence(launcher, false);
  }

  private void assertRunsInSilence(Path launcher, boolean fromCache) throws Exception {
    assertThat(real(launcher, "status")).isEqualTo(new Shell.Result(0, "ran\n", ""));
    Path loaded = checkout.resolve("loaded");
    real(launcher, Map.of("TIDEMARK_JAVA_OPTS", "-Xlog:class+load:file=" + loaded), "status");
    assertThat(
            Files.readString(loaded)
                .contains("io.tidemark.daemon.Tidemark source: shared objects file"))
        .isEqualTo(fromCache);
  }

  private static void program(Path lib) throws Exception {
    Path directory = Files.createDirectories(lib.resolve("classes"));
    Path source = Files.createDirectories(lib.resolve("source")).resolve("Tidemark.java");
    Files.writeString(
        source,
        """
        package io.tidemark.daemon;
        class Tidemark {
          public static void main(String[] args) { System.out.println("ran"); }
        }
        """);
    Path bin = Path.of(System.getProperty("java.home"), "bin");
    for (List<String> command :
        List.of(
            List.of("" + bin.resolve("javac"), "-d", "" + directory, "" + source),
            List.of(
                "" + bin.resolve("jar"),
                "cf",
                "" + lib.resolve("program.jar"),
                "-C",
                "" + directory,
                "."))) {
      assertThat(Shell.run(lib, Map.of(), command).exitCode()).isZero();
    }
  }

  private Shell.Result real(Path launcher, String command) throws Exception {
    return real(launcher, Map.of(), command);
  }

  private Shell.Result real(Path launcher, Map<String, String> more, String command)
      throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    return Shell.run(checkout, environment, List.of("sh", launcher.toString(), command));
  }

  @Test
  void aMissingJavaIsExplained() throws Exception {
    Shell.Result result =
        Shell.run(
            checkout,
            Map.of("JAVA_HOME", "/nonexistent", "HOME", "/nonexistent", "PATH", "/usr/bin:/bin"),
            List.of("sh", "-c", "tidemark_tool=nonexistent; . ./.mvn/find-jdk.sh"));

    assertThat(result.exitCode()).isEqualTo(ErrorCode.SOFTWARE_MISSING.exitCode());
    assertThat(result.err()).contains("no JDK 25 or later found").contains("Install one");
  }
}
