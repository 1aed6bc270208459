package io.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemdTest {
  private static final Path SYSTEMD = Shell.root().resolve("systemd");

  @TempDir private Path directory;

  /** The unit, with a program that exists on this machine and the drop-ins of a directory. */
  private Path unit(Path... dropIns) throws IOException {
    Path unit = directory.resolve("tidemark.service");
    String text = Files.readString(SYSTEMD.resolve("tidemark.service"));
    assertThat(text).contains("\nExecStart=/usr/bin/tidemark daemon --config ");
    Files.writeString(unit, text.replace("ExecStart=/usr/bin/tidemark", "ExecStart=/bin/true"));
    Path own = Files.createDirectories(directory.resolve("tidemark.service.d"));
    for (Path dropIn : dropIns) {
      Files.copy(dropIn, own.resolve(dropIn.getFileName()));
    }
    return unit;
  }

  private Shell.Result analyze(String... arguments) throws IOException, InterruptedException {
    assumeTrue(Shell.has("systemd-analyze"), "no systemd-analyze on PATH");
    return Shell.run(
        directory,
        Map.of("SYSTEMD_LOG_LEVEL", "warning"),
        Stream.concat(Stream.of("systemd-analyze"), Stream.of(arguments)).toList());
  }

  @Test
  void systemdAcceptsTheUnit() throws Exception {
    assertThat(analyze("verify", "--man=no", unit().toString()))
        .isEqualTo(new Shell.Result(0, "", ""));
  }

  @Test
  void systemdAcceptsTheUnitWithEveryExample() throws Exception {
    try (Stream<Path> examples = Files.list(SYSTEMD.resolve("examples"))) {
      Path unit = unit(examples.toArray(Path[]::new));
      assertThat(analyze("verify", "--man=no", unit.toString()).exitCode()).isZero();
    }
  }

  @Test
  void theUnitIsExposedLessThanTheThreshold() throws Exception {
    Shell.Result result =
        analyze("security", "--offline=true", "--threshold=17", unit().toString());
    assertThat(result.exitCode()).as(result.out()).isZero();
    assertThat(result.out()).contains("Overall exposure level for tidemark.service: ");
  }

  @Test
  void theSampleConfigurationIsValidAndShowsTheDefaults() throws Exception {
    Configuration sample = Configuration.load(SYSTEMD.resolve("tidemark.yaml"));

    assertThat(sample.clusters()).containsOnlyKeys("main");
    assertThat(sample.cluster("main").archive()).isEqualTo(ArchiveSettings.defaults("main"));
    assertThat(sample.cluster("main").backup()).isEqualTo(BackupSettings.defaults());
    assertThat(sample.cluster("main").retention()).isEqualTo(RetentionSettings.defaults());
    assertThat(sample.secrets())
        .containsExactly(new SecretFile(Path.of("/etc/tidemark/secrets/main-password")));
  }

  @Test
  void theSampleMentionsEveryKey() throws Exception {
    String sample = Files.readString(SYSTEMD.resolve("tidemark.yaml"));
    assertThat(DocumentationTest.knownKeys())
        .extracting(known -> known.key().substring(known.key().lastIndexOf('.') + 1))
        .allSatisfy(
            key -> assertThat(sample).containsPattern("(?m)[ {]" + key + ": |^" + key + ": "));
  }

  @Test
  void theAnalyticsOfTheSampleIsValidAndShowsTheDefaults() throws Exception {
    String sample = Files.readString(SYSTEMD.resolve("tidemark.yaml"));
    int begin = sample.indexOf("\n# analytics:\n");
    String rest = sample.substring(0, begin);
    String few = sample.substring(begin).replaceAll("(?m)^# ?", "");
    String all = few.replaceAll("(?m)^( +)# ", "$1").replace(", rate: 50MiB/s", "");

    AnalyticsSettings analytics =
        Configuration.parse(Path.of("few"), rest + few).requireAnalytics();
    AnalyticsSettings full =
        Configuration.parse(
                Path.of("all"),
                rest + all.replaceAll("\n +(decode-from|where|target: customers).*", ""))
            .requireAnalytics();

    assertThat(Configuration.parse(Path.of("all"), rest + all).requireAnalytics().pipeline("shop"))
        .isNotEqualTo(analytics.pipeline("shop"));
    assertThat(full.target()).isEqualTo(analytics.target());
    assertThat(full.stateSchema()).isEqualTo(analytics.stateSchema());
    assertThat(full.memoryBytes()).isEqualTo(analytics.memoryBytes());
    assertThat(full.spoolDirectory()).isEqualTo(analytics.spoolDirectory());
    assertThat(full.analysts().group()).isEqualTo(analytics.analysts().group());
    assertThat(full.pipeline("shop"))
        .usingRecursiveComparison()
        .ignoringFields("sources.berlin.labels", "tables.onChange")
        .isEqualTo(analytics.pipeline("shop"));
  }

  /** What would be missing on an installed machine is missing here too. */
  @Test
  void theInstallerLaysOutAWholeSystem() throws Exception {
    Path checkout = fakeCheckout();
    Path dest = directory.resolve("dest");
    Map<String, String> environment = Map.of("DESTDIR", dest.toString());
    List<String> install = List.of("sh", checkout.resolve("systemd/install").toString());

    Shell.Result first = Shell.run(directory, environment, install);
    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(files(dest))
        .contains(
            "etc/tidemark/tidemark.yaml",
            "opt/tidemark/bin/tidemark",
            "opt/tidemark/doc/OPERATIONS.md",
            "opt/tidemark/doc/systemd/own-user.conf",
            "opt/tidemark/lib/find-jdk.sh",
            "opt/tidemark/lib/program.jar",
            "usr/bin/tidemark",
            "usr/lib/systemd/system/tidemark.service",
            "usr/lib/sysusers.d/tidemark.conf",
            "usr/lib/tmpfiles.d/tidemark.conf");
    assertThat(dest.resolve("usr/bin/tidemark").toRealPath())
        .isEqualTo(dest.resolve("opt/tidemark/bin/tidemark").toRealPath());

    Files.writeString(dest.resolve("etc/tidemark/tidemark.yaml"), "mine");
    Files.writeString(dest.resolve("opt/tidemark/lib/old.jar"), "of an older version");
    assertThat(Shell.run(directory, environment, install).exitCode()).isZero();
    assertThat(dest.resolve("etc/tidemark/tidemark.yaml")).hasContent("mine");
    assertThat(files(dest)).doesNotContain("opt/tidemark/lib/old.jar");
  }

  @Test
  void theInstallerRefusesACheckoutThatIsNotBuilt() throws Exception {
    Path checkout = fakeCheckout();
    Files.delete(checkout.resolve("daemon/target/tidemark/lib/program.jar"));
    Files.delete(checkout.resolve("daemon/target/tidemark/lib"));

    Shell.Result result =
        Shell.run(
            directory,
            Map.of("DESTDIR", directory.resolve("dest").toString()),
            List.of("sh", checkout.resolve("systemd/install").toString()));

    assertThat(result.exitCode()).isEqualTo(ErrorCode.SOFTWARE_MISSING.exitCode());
    assertThat(result.err()).contains("expected a built checkout: run ./build");
    assertThat(directory.resolve("dest")).doesNotExist();
  }

  @Test
  void theInstalledCommandStartsTheProgramThroughItsLink() throws Exception {
    Path checkout = fakeCheckout();
    Path dest = directory.resolve("dest");
    Shell.run(
        directory,
        Map.of("DESTDIR", dest.toString()),
        List.of("sh", checkout.resolve("systemd/install").toString()));
    Path java = Files.createDirectories(directory.resolve("java/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(directory.resolve("java/release"), "JAVA_VERSION=\"25.0.1\"\n");

    Shell.Result result =
        Shell.run(
            directory,
            Map.of(
                "JAVA_HOME",
                directory.resolve("java").toString(),
                "TIDEMARK_JAVA_OPTS",
                "-Da=1 -Xmx1g"),
            List.of(dest.resolve("usr/bin/tidemark").toString(), "status", "a b"));

    assertThat(result.err()).isEmpty();
    assertThat(result.out().lines())
        .containsSubsequence("-Xmx128m", "-Da=1", "-Xmx1g", "-cp")
        .endsWith(
            dest.toRealPath().resolve("opt/tidemark/lib") + "/*",
            "io.tidemark.daemon.Tidemark",
            "status",
            "a b");
  }

  /** This checkout's own scripts and documents beside a program that is one small file. */
  private Path fakeCheckout() throws IOException {
    Path checkout = Files.createDirectories(directory.resolve("checkout"));
    Files.createSymbolicLink(checkout.resolve("docs"), Shell.root().resolve("docs"));
    for (String file :
        List.of("tidemark", "README.md", "LICENSE", ".mvn/find-jdk.sh", "systemd/install")) {
      copy(file, checkout);
    }
    try (Stream<Path> all = Files.walk(SYSTEMD)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        copy(Shell.root().relativize(file).toString(), checkout);
      }
    }
    Path lib = Files.createDirectories(checkout.resolve("daemon/target/tidemark/lib"));
    Files.writeString(lib.resolve("program.jar"), "a jar");
    return checkout;
  }

  private static void copy(String file, Path checkout) throws IOException {
    Path target = checkout.resolve(file);
    Files.createDirectories(Objects.requireNonNull(target.getParent()));
    if (Files.notExists(target)) {
      Files.copy(Shell.root().resolve(file), target);
    }
  }

  private static List<String> files(Path top) throws IOException {
    try (Stream<Path> all = Files.walk(top)) {
      return all.filter(file -> !Files.isDirectory(file))
          .map(file -> top.relativize(file).toString())
          .sorted()
          .toList();
    }
  }
}
