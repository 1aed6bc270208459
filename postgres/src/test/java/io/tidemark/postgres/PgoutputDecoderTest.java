package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ErrorCode;
import io.tidemark.config.TidemarkException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PgoutputDecoderTest {
  private static final int MESSAGES = 5_000;

  @Test
  void readsWhateverIsWritten() {
    PgoutputGenerator generator = new PgoutputGenerator(random());
    PgoutputDecoder decoder = new PgoutputDecoder();
    Set<Class<?>> kinds = new HashSet<>();
    boolean inBlock = false;
    for (int i = 0; i < MESSAGES; i++) {
      LogicalMessage message = generator.next();
      byte[] bytes = PgoutputGenerator.encode(message, inBlock);
      assertThat(decoder.decode(ByteBuffer.wrap(bytes).asReadOnlyBuffer())).isEqualTo(message);
      kinds.add(message.getClass());
      inBlock = follow(inBlock, message);
    }
    assertThat(kinds).hasSize(LogicalMessage.class.getPermittedSubclasses().length);
  }

  @Test
  void whatIsCutOffOrHasTooMuchIsInvalidAndChangesNothing() {
    PgoutputGenerator generator = new PgoutputGenerator(random());
    PgoutputDecoder decoder = new PgoutputDecoder();
    boolean inBlock = false;
    for (int i = 0; i < MESSAGES / 10; i++) {
      LogicalMessage message = generator.next();
      byte[] bytes = PgoutputGenerator.encode(message, inBlock);
      for (int length = 0; length < bytes.length; length++) {
        assertInvalid(decoder, Arrays.copyOf(bytes, length));
      }
      assertInvalid(decoder, Arrays.copyOf(bytes, bytes.length + 1));
      assertThat(decoder.decode(ByteBuffer.wrap(bytes))).isEqualTo(message);
      inBlock = follow(inBlock, message);
    }
  }

  @Test
  void garbageIsInvalidOrSomeMessage() {
    Random random = random();
    PgoutputGenerator generator = new PgoutputGenerator(random);
    int invalid = 0;
    for (int i = 0; i < 10 * MESSAGES; i++) {
      byte[] bytes = PgoutputGenerator.encode(generator.next(), random.nextBoolean());
      for (int times = random.nextInt(1, 4); times > 0; times--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(new PgoutputDecoder().decode(ByteBuffer.wrap(bytes))).isNotNull();
      } catch (TidemarkException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_DATA_INVALID);
        invalid++;
      }
    }
    assertThat(invalid).isPositive();
  }

  @Test
  void refusesCountsAndLengthsBelowZero() {
    PgoutputDecoder decoder = new PgoutputDecoder();
    assertInvalid(decoder, new byte[] {'T', -1, -1, -1, -1, 0});
    assertInvalid(decoder, new byte[] {'I', 0, 0, 0, 1, 'N', -1, -1});
    assertInvalid(decoder, new byte[] {'I', 0, 0, 0, 1, 'N', 0, 1, 't', -1, -1, -1, -1});
    assertInvalid(decoder, new byte[] {'R', 0, 0, 0, 1, 'a', 0, 'b', 0, 'd', -1, -1});
    assertInvalid(decoder, new byte[] {'T', 0x7F, -1, -1, -1, 0});
  }

  @Test
  void refusesABlockInABlockAndAnEndWithoutOne() {
    PgoutputDecoder decoder = new PgoutputDecoder();
    byte[] start = {'S', 0, 0, 0, 1, 1};
    assertInvalid(decoder, new byte[] {'E'});
    assertThat(decoder.decode(ByteBuffer.wrap(start)))
        .isEqualTo(new LogicalMessage.StreamStart(1, true));
    assertInvalid(decoder, start);
  }

  @Test
  void readsAnAbortThatSaysWhereAndWhen() {
    byte[] bytes = Arrays.copyOf(new byte[] {'A', 0, 0, 0, 7, 0, 0, 0, 8}, 9 + 16);
    assertThat(new PgoutputDecoder().decode(ByteBuffer.wrap(bytes)))
        .isEqualTo(new LogicalMessage.StreamAbort(7, 8));
  }

  @Test
  void aRowIsPrintedWithoutItsValues() {
    TupleData row =
        new TupleData(new byte[] {TupleData.TEXT, TupleData.NULL}, new byte[][] {{'s'}, null});
    assertThat(new LogicalMessage.Insert(0, 1, row).toString()).contains("row=tn");
  }

  private static void assertInvalid(PgoutputDecoder decoder, byte[] bytes) {
    assertThatThrownBy(() -> decoder.decode(ByteBuffer.wrap(bytes)))
        .isInstanceOfSatisfying(
            TidemarkException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.POSTGRES_DATA_INVALID));
  }

  private static boolean follow(boolean inBlock, LogicalMessage message) {
    return message instanceof LogicalMessage.StreamStart
        || (inBlock && !(message instanceof LogicalMessage.StreamStop));
  }

  private static Random random() {
    long seed = System.nanoTime();
    System.out.println("PgoutputDecoderTest seed " + seed);
    return new Random(seed);
  }
}
