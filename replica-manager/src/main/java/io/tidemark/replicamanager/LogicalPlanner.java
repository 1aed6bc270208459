package io.tidemark.replicamanager;

import io.tidemark.config.PipelineSettings;
import io.tidemark.replicamanager.LogicalDecision.AlterTable;
import io.tidemark.replicamanager.LogicalDecision.Configure;
import io.tidemark.replicamanager.LogicalDecision.CreateTable;
import io.tidemark.replicamanager.LogicalDecision.CreateType;
import io.tidemark.replicamanager.LogicalDecision.Disable;
import io.tidemark.replicamanager.LogicalDecision.Drop;
import io.tidemark.replicamanager.LogicalDecision.Enable;
import io.tidemark.replicamanager.LogicalDecision.Nothing;
import io.tidemark.replicamanager.LogicalDecision.Publish;
import io.tidemark.replicamanager.LogicalDecision.Rebuild;
import io.tidemark.replicamanager.LogicalDecision.Refresh;
import io.tidemark.replicamanager.LogicalDecision.Refuse;
import io.tidemark.replicamanager.LogicalDecision.Resync;
import io.tidemark.replicamanager.LogicalDecision.Subscribe;
import io.tidemark.replicamanager.LogicalDecision.Truncate;
import io.tidemark.replicamanager.LogicalDecision.Unpublish;
import io.tidemark.replicamanager.LogicalDecision.Wait;
import io.tidemark.replicamanager.LogicalVerdict.Follow;
import io.tidemark.replicamanager.LogicalVerdict.Held;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Decides what a native pipeline needs next: a pure function of what is known of it. */
final class LogicalPlanner {
  /** From which major on both servers speak binary in the initial copy, too. */
  private static final int BINARY_SINCE = 16;

  private final LogicalSpec spec;
  private final LogicalObservation seen;
  private final LogicalSource.Known source;
  private final LogicalTarget.Known target;
  private final Map<LogicalTable, LogicalVerdict> verdicts;

  private LogicalPlanner(
      LogicalSpec spec,
      LogicalObservation seen,
      LogicalSource.Known source,
      LogicalTarget.Known target) {
    this.spec = spec;
    this.seen = seen;
    this.source = source;
    this.target = target;
    this.verdicts = verdicts(spec, source, target);
  }

  /** What becomes of each of the source's tables. */
  static Map<LogicalTable, LogicalVerdict> verdicts(
      LogicalSpec spec, LogicalSource.Known source, LogicalTarget.Known target) {
    Map<LogicalTable, LogicalVerdict> verdicts = new LinkedHashMap<>();
    source
        .tables()
        .forEach(table -> verdicts.put(table, LogicalJudge.judge(spec, source, target, table)));
    return verdicts;
  }

  /** The one next thing. What follows from it is decided by the next observation. */
  static LogicalDecision decide(LogicalSpec spec, LogicalObservation seen) {
    return switch (seen.target()) {
      case LogicalTarget.Unknown(String why) -> new Wait("the target is not usable: " + why);
      case LogicalTarget.Known target ->
          switch (seen.wish()) {
            case DROPPED -> dropped(seen, target);
            case PAUSED -> paused(target);
            case RUNNING ->
                switch (seen.source()) {
                  case LogicalSource.Unknown(String why) ->
                      new Wait("the source is not reached: " + why);
                  case LogicalSource.Known source ->
                      new LogicalPlanner(spec, seen, source, target).running();
                };
          };
    };
  }

  private static LogicalDecision dropped(LogicalObservation seen, LogicalTarget.Known target) {
    boolean left =
        seen.source() instanceof LogicalSource.Known source
            && (source.slot().isPresent() || !source.publications().isEmpty());
    if (target.subscription().isPresent() || left || !target.kept().isEmpty()) {
      return new Drop("it is to be dropped by command");
    }
    return seen.source() instanceof LogicalSource.Unknown(String why)
        ? new Wait(
            "it was dropped; whether slot and publication are left at the source is not known: "
                + why)
        : new Nothing("it was dropped by command");
  }

  private static LogicalDecision paused(LogicalTarget.Known target) {
    return target.subscription().filter(SubscriptionView::enabled).isPresent()
        ? new Disable("it is to pause by command")
        : new Nothing("it is paused by command; its slot keeps WAL at the source");
  }

  private LogicalDecision running() {
    if (!source.walLevel().equals("logical")) {
      return new Refuse(
          "the source has wal_level = %s; expected logical".formatted(source.walLevel()),
          "On the source: ALTER SYSTEM SET wal_level = logical, and restart it.");
    }
    return Stream.<Supplier<Optional<? extends LogicalDecision>>>of(
            this::unpublish,
            this::rebuild,
            this::requested,
            this::republished,
            this::createType,
            this::createTable,
            this::alterTable,
            this::enable,
            () -> refresh(true),
            this::truncate,
            this::publish,
            this::subscribe,
            this::configure,
            () -> refresh(false))
        .map(Supplier::get)
        .flatMap(Optional::stream)
        .<LogicalDecision>map(decision -> decision)
        .findFirst()
        .orElseGet(this::standing);
  }

  private boolean fails(TableName table) {
    return seen.failures().containsKey(table.toString());
  }

  private Stream<Map.Entry<LogicalTable, Follow>> followed() {
    return verdicts.entrySet().stream()
        .filter(entry -> entry.getValue() instanceof Follow)
        .map(entry -> Map.entry(entry.getKey(), (Follow) entry.getValue()));
  }

  private Optional<Follow> followed(TableName table) {
    return followed()
        .filter(entry -> entry.getKey().name().equals(table))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** First of all: it may be that which makes the source's users fail. */
  private Optional<Unpublish> unpublish() {
    for (String publication : List.of(spec.publication(), spec.appendPublication())) {
      List<TableName> leaving =
          source.published().stream()
              .filter(each -> each.publication().equals(publication))
              .map(PublicationTable::table)
              .filter(table -> followed(table).isEmpty() || target.isStale(table))
              .toList();
      if (!leaving.isEmpty()) {
        return Optional.of(new Unpublish(publication, leaving, reasonToLeave(leaving.getFirst())));
      }
    }
    return Optional.empty();
  }

  private String reasonToLeave(TableName table) {
    return verdicts.entrySet().stream()
        .filter(entry -> entry.getKey().name().equals(table))
        .map(Map.Entry::getValue)
        .map(
            verdict ->
                switch (verdict) {
                  case Held(String why, _) -> "%s: %s".formatted(table, why);
                  case LogicalVerdict.Ignored(String why) -> "%s: %s".formatted(table, why);
                  case Follow _ -> table + " is to be copied again";
                })
        .findFirst()
        .orElse(table + " is no longer there, or no pattern matches it");
  }

  private Optional<Rebuild> rebuild() {
    if (target.subscription().isEmpty()) {
      return Optional.empty();
    }
    if (source.slot().isEmpty()) {
      return Optional.of(new Rebuild("the source has no slot " + spec.slot()));
    }
    return source
        .loss()
        .map(why -> new Rebuild("the slot %s is lost (%s)".formatted(spec.slot(), why)));
  }

  private Optional<Resync> requested() {
    return seen.resyncs().stream()
        .findFirst()
        .map(
            first ->
                new Resync(
                    first.table().map(List::of).orElseGet(this::taken),
                    seen.resyncs().stream()
                        .filter(each -> each.table().equals(first.table()))
                        .map(LogicalWishes.Resync::id)
                        .toList(),
                    first.table().map(TableName::toString).orElse("every table")
                        + " is to be copied again by command"));
  }

  /** Those that follow or would, and those that wait for somebody to ask. */
  private List<TableName> taken() {
    return verdicts.entrySet().stream()
        .filter(entry -> !(entry.getValue() instanceof LogicalVerdict.Ignored))
        .map(entry -> entry.getKey().name())
        .toList();
  }

  private Optional<Resync> republished() {
    return followed()
        .filter(entry -> !target.isStale(entry.getKey().name()))
        .flatMap(
            entry -> {
              Follow follow = entry.getValue();
              boolean other =
                  source
                      .publishedAs(entry.getKey().name())
                      .filter(published -> !published.equals(follow.as()))
                      .isPresent();
              String why =
                  other
                      ? "its columns, filter or publication changed"
                      : hasLeftRows(entry.getKey().name())
                          ? "it was not followed for a while"
                          : follow.revalue();
              return why.isEmpty()
                  ? Stream.of()
                  : Stream.of(
                      new Resync(
                          List.of(entry.getKey().name()),
                          List.of(),
                          entry.getKey().name() + ": " + why));
            })
        .findFirst();
  }

  /** A copy into them would give every row twice. */
  private boolean hasLeftRows(TableName table) {
    return target.keptOf(table).isPresent()
        && target.filled().contains(table)
        && !target.isSubscribed(table);
  }

  private Optional<CreateType> createType() {
    return source.types().stream()
        .flatMap(
            type -> {
              List<String> there = target.types().get(type.name());
              return there == null
                  ? Stream.of(new CreateType(type.name(), type.create(), "the target lacks it"))
                  : type.labels().stream()
                      .filter(label -> !there.contains(label))
                      .map(label -> newLabel(type, label));
            })
        .filter(create -> !seen.failures().containsKey(create.subject()))
        .findFirst();
  }

  private static CreateType newLabel(LogicalType type, String label) {
    return new CreateType(
        type.name(),
        "ALTER TYPE %s ADD VALUE IF NOT EXISTS %s"
            .formatted(type.name(), LogicalDdl.literal(label)),
        "the target lacks its label " + label);
  }

  private Optional<CreateTable> createTable() {
    return followed()
        .filter(entry -> !fails(entry.getKey().name()))
        .filter(
            entry ->
                target.table(entry.getKey().name()).isEmpty()
                    || !target.isOurs(entry.getKey().name()))
        .map(
            entry ->
                new CreateTable(
                    entry.getKey().name(),
                    LogicalDdl.create(
                        entry.getKey(), entry.getValue().as().columns(), target.major()),
                    target.table(entry.getKey().name()).isEmpty()
                        ? "the target lacks it"
                        : "the target has it, empty"))
        .findFirst();
  }

  private Optional<AlterTable> alterTable() {
    return followed()
        .filter(entry -> !fails(entry.getKey().name()))
        .filter(entry -> !entry.getValue().changes().isEmpty())
        .map(
            entry ->
                new AlterTable(
                    entry.getKey().name(),
                    entry.getValue().changes(),
                    "the source's table has changed"))
        .findFirst();
  }

  private Optional<LogicalDecision> enable() {
    Optional<SubscriptionView> disabled = target.subscription().filter(view -> !view.enabled());
    if (disabled.isEmpty()) {
      return Optional.empty();
    }
    if (seen.retry().filter(seen.at()::isBefore).isEmpty()) {
      return Optional.of(
          new Enable(
              refresh(true).isPresent(),
              disabled.get().errors() == 0
                  ? "it is to run"
                  : "it is disabled after %d errors, and is to run"
                      .formatted(disabled.get().errors())));
    }
    // The text is not taken from the log: it may show values of rows.
    return Optional.of(
        new Refuse(
            "an error stopped the subscription %s; %d so far"
                .formatted(spec.subscription(), disabled.get().errors()),
            "The target's server log says which, beside \"logical replication\". Remove what is in"
                + " its way there, such as a row or constraint of somebody else's; it is tried again"
                + " at "
                + seen.retry().get()
                + "."));
  }

  /**
   * @param less whether to have tables leave, which comes before they are emptied; else join
   */
  private Optional<Refresh> refresh(boolean less) {
    if (target.subscription().isEmpty()) {
      return Optional.empty();
    }
    Set<TableName> has = target.subscription().get().tables().keySet();
    Set<TableName> is = new HashSet<>();
    source.published().forEach(each -> is.add(each.table()));
    Set<TableName> difference = new HashSet<>(less ? has : is);
    difference.removeAll(less ? is : has);
    return difference.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Refresh(
                (less ? "no longer published: " : "published, and not subscribed to: ")
                    + names(difference)));
  }

  private static String names(Set<TableName> tables) {
    return String.join(", ", tables.stream().map(TableName::toString).sorted().toList());
  }

  private Optional<Truncate> truncate() {
    List<TableName> stale =
        followed()
            .map(entry -> entry.getKey().name())
            .filter(target::isStale)
            .filter(table -> target.table(table).isPresent())
            .filter(table -> !target.isSubscribed(table))
            .toList();
    return stale.isEmpty()
        ? Optional.empty()
        : Optional.of(new Truncate(stale, "they are to be copied again"));
  }

  private Optional<Publish> publish() {
    for (String publication : spec.publications()) {
      List<String> missing =
          followed()
              .map(Map.Entry::getValue)
              .filter(follow -> follow.as().publication().equals(publication))
              .filter(this::isReady)
              .filter(follow -> source.publishedAs(follow.as().table()).isEmpty())
              .map(follow -> follow.as().sql())
              .toList();
      if (!missing.isEmpty() || !source.publications().contains(publication)) {
        return Optional.of(
            new Publish(publication, missing, "not yet published: " + String.join(", ", missing)));
      }
    }
    return Optional.empty();
  }

  /** Whether what comes of it can be applied, and nothing old is in the way. */
  private boolean isReady(Follow follow) {
    TableName table = follow.as().table();
    return follow.changes().isEmpty()
        && target.table(table).isPresent()
        && !hasLeftRows(table)
        && target.keptOf(table).filter(kept -> !kept.stale()).isPresent();
  }

  private Optional<Subscribe> subscribe() {
    return target.subscription().isPresent()
        ? Optional.empty()
        : Optional.of(new Subscribe(binary(), "there is no subscription yet"));
  }

  private Optional<Configure> configure() {
    SubscriptionView view = target.subscription().orElseThrow();
    List<String> changes = new ArrayList<>();
    if (view.slot().filter(spec.slot().name()::equals).isEmpty()) {
      changes.add("SET (slot_name = '" + spec.slot() + "')");
    }
    if (view.binary() != binary()) {
      changes.add("SET (binary = " + binary() + ")");
    }
    if (!Set.copyOf(view.publications()).equals(Set.copyOf(spec.publications()))) {
      changes.add("SET PUBLICATION " + String.join(", ", spec.publications()));
    }
    if (!changes.isEmpty()) {
      return Optional.of(new Configure(changes, "it is to have " + String.join(", ", changes)));
    }
    return view.connectionCurrent().filter(current -> !current).isPresent()
        ? Optional.of(new Configure(List.of(), "it connects otherwise than is configured"))
        : Optional.empty();
  }

  private boolean binary() {
    return isBinary(source, target, verdicts);
  }

  /** Types of somebody's making may have another OID, which binary arrays and rows carry. */
  static boolean isBinary(
      LogicalSource.Known source,
      LogicalTarget.Known target,
      Map<LogicalTable, LogicalVerdict> verdicts) {
    return source.major() >= BINARY_SINCE
        && target.major() >= BINARY_SINCE
        && verdicts.entrySet().stream()
            .flatMap(
                entry ->
                    entry.getValue() instanceof Follow follow
                        ? entry.getKey().sent(follow.as().columns()).stream()
                        : Stream.<LogicalColumn>of())
            .allMatch(LogicalColumn::builtIn);
  }

  private LogicalDecision standing() {
    SubscriptionView view = target.subscription().orElseThrow();
    if (!view.workerRuns()) {
      return new Wait("its apply worker does not run; the target's server log may say why");
    }
    if (!view.isAllReady()) {
      long ready =
          view.tables().values().stream().filter(SubscriptionView.TableCopy::isReady).count();
      return new Wait("copies: %d of %d tables are done".formatted(ready, view.tables().size()));
    }
    if (!seen.failures().isEmpty()) {
      return new Wait("failed, and is tried again: " + String.join(", ", seen.failures().keySet()));
    }
    List<String> held =
        verdicts.entrySet().stream()
            .filter(entry -> entry.getValue() instanceof Held)
            .map(entry -> entry.getKey().name() + ": " + ((Held) entry.getValue()).why())
            .toList();
    return new Nothing(
        "it follows the source with %d tables%s"
            .formatted(
                view.tables().size(),
                held.isEmpty() ? "" : "; these wait for a decision: " + String.join("; ", held)));
  }

  /** Which relations of the source are tables of the pipeline. */
  static LogicalCatalog.Kind kind(PipelineSettings pipeline) {
    return switch (pipeline.partitions()) {
      case ROOT -> LogicalCatalog.Kind.ROOT;
      case LEAF -> LogicalCatalog.Kind.LEAF;
    };
  }
}
