package io.tidemark.daemon;

import java.util.List;
import java.util.ServiceLoader;
import picocli.CommandLine;

/** Every command, in the order of the help. */
final class Commands {
  private Commands() {}

  /** Adds them to the root. What all have in common is handed down when a command is added. */
  static void addTo(CommandLine root, Invocation invocation) {
    root.addSubcommand(new InitCommand(invocation))
        .addSubcommand(new CheckCommand(invocation))
        .addSubcommand(new DaemonCommand(invocation))
        .addSubcommand(new BackupCommand(invocation))
        .addSubcommand(new RestoreCommand(invocation))
        .addSubcommand(new StatusCommand(invocation));
    group(
        root,
        new WalCommand(invocation),
        List.of(new WalListCommand(invocation), new WalVerifyCommand(invocation)));
    group(
        root,
        new ReplicaCommand(invocation),
        List.of(
            new ReplicaCreateCommand(invocation),
            new ReplicaListCommand(invocation),
            new ReplicaStatusCommand(invocation),
            new ReplicaPauseCommand(invocation),
            new ReplicaResumeCommand(invocation),
            new ReplicaAdvanceCommand(invocation),
            new ReplicaExtractCommand(invocation),
            new ReplicaPromoteCommand(invocation),
            new ReplicaRebuildCommand(invocation),
            new ReplicaDropCommand(invocation)));
    CommandLine analytics =
        group(
            root,
            new AnalyticsCommand(invocation),
            List.of(
                new AnalyticsPlanCommand(invocation),
                new AnalyticsStartCommand(invocation),
                new AnalyticsSeedCommand(invocation),
                new AnalyticsStatusCommand(invocation),
                new AnalyticsPauseCommand(invocation),
                new AnalyticsResumeCommand(invocation),
                new AnalyticsResyncCommand(invocation),
                new AnalyticsVerifyCommand(invocation),
                new AnalyticsPrivacyCommand(invocation),
                new AnalyticsDropCommand(invocation)));
    group(
        analytics,
        new AnalyticsUserCommand(invocation),
        List.of(
            new AnalyticsUserAddCommand(invocation),
            new AnalyticsUserListCommand(invocation),
            new AnalyticsUserDropCommand(invocation)));
    group(
        root,
        new SlotCommand(invocation),
        List.of(new SlotListCommand(invocation), new SlotDropCommand(invocation)));
    root.addSubcommand(new VerifyCommand(invocation)).addSubcommand(new ExpireCommand(invocation));
    group(root, new KeyCommand(invocation), List.of(new KeyRotateCommand(invocation)));
    root.addSubcommand(new CompletionCommand(invocation))
        .addSubcommand(new WalFetchCommand(invocation))
        .addSubcommand(new WalPushCommand())
        .addSubcommand(new TrainCommand(invocation));
    ServiceLoader.load(CommandExtension.class)
        .forEach(extension -> root.addSubcommand(extension.command()));
    root.addSubcommand(new CommandLine.HelpCommand());
  }

  private static CommandLine group(CommandLine parent, Object command, List<Object> subcommands) {
    CommandLine line = new CommandLine(command);
    parent.addSubcommand(line);
    subcommands.forEach(line::addSubcommand);
    return line;
  }
}
