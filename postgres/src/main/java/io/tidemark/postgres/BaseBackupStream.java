package io.tidemark.postgres;

import io.tidemark.postgres.BaseBackupMessage.Data;
import io.tidemark.postgres.BaseBackupMessage.End;
import io.tidemark.postgres.BaseBackupMessage.ManifestStart;
import io.tidemark.postgres.BaseBackupMessage.NewArchive;
import io.tidemark.postgres.BaseBackupMessage.Progress;
import io.tidemark.postgres.FrameReader.Frame;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A base backup under way. The thread that started it reads it to its {@link End}. */
public final class BaseBackupStream {
  private static final String DOING = "take a base backup";

  private final ProtocolChannel channel;
  private final Duration limit;
  private final Runnable ended;
  private final Lsn start;
  private final Timeline timeline;
  private final List<Tablespace> tablespaces;
  private @Nullable End end;

  /**
   * A tablespace of the backup.
   *
   * @param oid empty for the data directory itself
   * @param sizeKib an estimate
   */
  public record Tablespace(
      Optional<String> oid, Optional<String> location, Optional<Long> sizeKib) {}

  BaseBackupStream(
      ProtocolChannel channel, BaseBackupOptions options, Duration limit, Runnable ended) {
    this.channel = channel;
    this.limit = limit;
    this.ended = ended;
    channel.query(options.command(), DOING);
    List<byte @Nullable []> first = result(options.startLimit()).getFirst();
    this.start = Lsn.parse(ReplicationRows.required(first, 0));
    this.timeline = ReplicationRows.timeline(ReplicationRows.required(first, 1));
    this.tablespaces = result(limit).stream().map(BaseBackupStream::tablespace).toList();
    expect('H');
  }

  /** Where recovery of this backup begins. */
  public Lsn start() {
    return start;
  }

  public Timeline timeline() {
    return timeline;
  }

  public List<Tablespace> tablespaces() {
    return tablespaces;
  }

  /**
   * The next message; after the end that again.
   *
   * @throws ReplicationException the server gave up, which for damaged pages it says at the end
   * @throws PostgresException POSTGRES_UNREACHABLE: lost, or silent longer than the limit
   */
  public BaseBackupMessage next() {
    if (end != null) {
      return end;
    }
    Frame frame = channel.require(limit, DOING);
    return switch (frame.type()) {
      case 'd' -> message(frame.body());
      case 'c' -> end();
      case 'E' -> throw failed(frame);
      default -> throw channel.unexpected(frame, DOING);
    };
  }

  private BaseBackupMessage message(ByteBuffer body) {
    char kind = (char) body.get();
    return switch (kind) {
      case 'n' -> new NewArchive(ServerError.untilZero(body), ServerError.untilZero(body));
      case 'd' -> new Data(body.slice());
      case 'm' -> new ManifestStart();
      case 'p' -> new Progress(body.getLong());
      default -> throw channel.unexpected(new Frame(kind, body), DOING);
    };
  }

  private End end() {
    List<byte @Nullable []> row = result(limit).getFirst();
    channel.awaitReady(limit, DOING);
    end =
        new End(
            Lsn.parse(ReplicationRows.required(row, 0)),
            ReplicationRows.timeline(ReplicationRows.required(row, 1)));
    ended.run();
    return end;
  }

  /** One result: T, D…, C. */
  private List<List<byte @Nullable []>> result(Duration wait) {
    List<List<byte @Nullable []>> rows = new ArrayList<>();
    for (Frame frame = channel.require(wait, DOING);
        frame.type() != 'C';
        frame = channel.require(limit, DOING)) {
      switch (frame.type()) {
        case 'T' -> {}
        case 'D' -> rows.add(ProtocolChannel.row(frame.body()));
        case 'E' -> throw failed(frame);
        default -> throw channel.unexpected(frame, DOING);
      }
    }
    return rows;
  }

  private void expect(char type) {
    Frame frame = channel.require(limit, DOING);
    if (frame.type() == 'E') {
      throw failed(frame);
    }
    if (frame.type() != type) {
      throw channel.unexpected(frame, DOING);
    }
  }

  private ReplicationException failed(Frame frame) {
    ReplicationException failure = channel.failed(frame, limit, DOING);
    ended.run();
    return failure;
  }

  private static Tablespace tablespace(List<byte @Nullable []> row) {
    return new Tablespace(
        ReplicationRows.text(row, 0),
        ReplicationRows.text(row, 1),
        ReplicationRows.text(row, 2).map(Long::valueOf));
  }
}
