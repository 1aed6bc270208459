package io.tidemark.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.daemon.Cli.Result;
import io.tidemark.testing.FreePort;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

final class CommandLineTest {
  @TempDir Path home;
  private Cli cli;

  CommandLineTest() {
    this.cli = new Cli(Path.of("."));
  }

  @BeforeEach
  void configure() {
    cli = new Cli(home).configure(FreePort.find(), "postgres", home.resolve("repository"), "");
  }

  static List<CommandLine> commands() {
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    List<CommandLine> found = new ArrayList<>();
    collect(Tidemark.commandLine(new Invocation(nowhere, nowhere)), found);
    return found.stream()
        .filter(line -> !line.getCommandSpec().usageMessage().hidden())
        .filter(line -> !line.getCommandName().equals("help"))
        .toList();
  }

  private static void collect(CommandLine line, List<CommandLine> found) {
    line.getSubcommands().values().forEach(each -> collect(each, found));
    if (line.getParent() != null) {
      found.add(line);
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHelpsWithWhatItDoesAndWhereItsExitCodesAre(CommandLine line) {
    String help = line.getUsageMessage();

    assertThat(line.getCommandSpec().usageMessage().description()).isNotEmpty();
    assertThat(help).contains("--config=FILE", "--json", "Exit codes:", "docs/OPERATIONS.md");
    if (line.getSubcommands().isEmpty()) {
      assertThat(help).containsPattern("Examples?:");
    }
    assertThat(help.lines()).allSatisfy(each -> assertThat(each.length()).isLessThan(101));
  }

  static Stream<List<String>> wrongLines() {
    return Stream.of(
        List.of(),
        List.of("staus"),
        List.of("wal"),
        List.of("backup"),
        List.of("status", "--nonsense"),
        List.of("status", "nobody"),
        List.of("wal-push", "pg_wal/000000010000000000000001"),
        List.of("restore", "shop"),
        List.of("restore", "shop", "--to", "x", "--lsn", "0/1", "--xid", "7"),
        List.of("restore", "shop", "--to", "x", "--name", "n", "--exclusive"),
        List.of("restore", "shop", "--to", "x", "--action", "pause"),
        List.of("restore", "shop", "--to", "x", "--port", "5440"),
        List.of("wal", "list", "shop", "--from", "yesterday"),
        List.of("key", "rotate", "shop", "--data-key"));
  }

  @ParameterizedTest
  @MethodSource("wrongLines")
  void refusesAWrongCommandLineWithCodeTwoAndWritesNothing(List<String> args) {
    List<String> before = cli.tree();

    Result result = cli.run(args.toArray(String[]::new));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith("tidemark: ");
    assertThat(cli.tree()).isEqualTo(before);
  }

  @Test
  void suggestsTheCommandThatWasMeant() {
    assertThat(cli.run("staus").err()).contains("did you mean status");
  }

  @Test
  void namesTheLineOfAnUnknownKeyAndWhatWasMeant() {
    cli.write("repositries:\n  here: {type: posix, path: /x}\nclusters: {}\n");

    Result result = cli.run("check");

    assertThat(result.exitCode()).isEqualTo(10);
    assertThat(result.err()).contains("tidemark.yaml:1:1", "repositories");
  }

  @Test
  void tellsEveryProblemOfTheConfigurationAsJson() {
    cli.write("repositories:\n  here: {type: posix}\nclusters:\n  shop: {repository: there}\n");

    Result result = cli.run("status", "--json");

    assertThat(result.exitCode()).isEqualTo(10);
    assertThat(result.err()).isEmpty();
    assertThat(result.json().at("/error/code").asText()).isEqualTo("CONFIG_INVALID");
    assertThat(result.json().at("/error/exitCode").asInt()).isEqualTo(10);
    assertThat(result.json().at("/error/problems").size()).isGreaterThanOrEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"init", "status", "backup shop", "check"})
  void saysThatAServerCannotBeReachedAndMakesNothing(String line) {
    Result result = cli.run(line.split(" "));

    assertThat(result.exitCode())
        .isEqualTo(line.equals("check") ? 52 : line.equals("status") ? 30 : 20);
    assertThat(cli.repository()).doesNotExist();
  }

  @Test
  void refusesASecretsFileThatIsMissingOrOpenToOthers() throws Exception {
    Path key = home.resolve("here.key");
    cli.write(
        Files.readString(cli.config())
            .replace("connect-timeout: 5s}", "connect-timeout: 5s, password-file: " + key + "}"));

    Result missing = cli.run("backup", "shop");
    Files.writeString(key, "secret-of-mine");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    Result open = cli.run("backup", "shop");

    assertThat(List.of(missing.exitCode(), open.exitCode())).containsExactly(11, 11);
    assertThat(missing.err()).contains(key.toString(), "does not exist");
    assertThat(open.err()).contains("chmod 600 " + key).doesNotContain("secret-of-mine");
    assertThat(cli.repository()).doesNotExist();
  }

  @Test
  void printsACompletionScriptThatABashCanRead() throws Exception {
    Result result = cli.run("completion");
    Path script = Files.writeString(home.resolve("script"), result.out());

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("restore", "--tablespace-map");
    assertThat(new ProcessBuilder("bash", "-n", script.toString()).start().waitFor()).isZero();
  }
}
