package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
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
    return Shell.run(
        checkout,
        Map.of("JAVA_HOME", checkout.resolve("jdk").toString()),
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
