package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Verdicts on pages; that the checksum is PostgreSQL's is proven on real files. */
class PageTest {
  private static final int PAGE = 8192;
  private static final Lsn BACKUP_START = Lsn.parse("2/500");
  private final PageVerifier verifier = new PageVerifier(BACKUP_START, PAGE);

  @Test
  void aPageIsValidAtItsOwnBlockNumberOnly() {
    byte[] bytes = page(Lsn.parse("1/1"), 131072);
    assertThat(verifier.verify(bytes, 64, 131072)).isEqualTo(new PageVerdict.Valid());
    assertThat(verifier.verify(bytes, 64, 0)).isInstanceOf(PageVerdict.Bad.class);
  }

  @Test
  void everyFlippedBitIsFound() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[] bytes = page(Lsn.parse("1/1"), 7);
    for (int i = 0; i < 2000; i++) {
      int at = 64 + 8 + random.nextInt(PAGE - 8);
      int bit = 1 << random.nextInt(8);
      bytes[at] ^= (byte) bit;
      assertThat(verifier.verify(bytes, 64, 7).isAcceptable()).as("seed %d", seed).isFalse();
      bytes[at] ^= (byte) bit;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2/500", "2/501", "80000000/0"})
  void aTornPageOfAfterTheStartIsAccepted(String lsn) {
    byte[] bytes = page(Lsn.parse(lsn), 7);
    bytes[64 + 5000] ^= 1;
    assertThat(verifier.verify(bytes, 64, 7)).isEqualTo(new PageVerdict.Later(Lsn.parse(lsn)));
  }

  @Test
  void aTornPageOfBeforeTheStartIsBadAndSaysWhatItShouldBe() {
    byte[] bytes = page(Lsn.parse("2/4FF"), 7);
    int stored = PageHeader.decode(bytes, 64).checksum();
    bytes[64 + 5000] ^= 1;
    assertThat(verifier.verify(bytes, 64, 7))
        .isEqualTo(
            new PageVerdict.Bad(Lsn.parse("2/4FF"), stored, PageChecksum.of(bytes, 64, PAGE, 7)));
  }

  @Test
  void zerosAreANewPageAndOneByteMoreIsNot() {
    byte[] bytes = new byte[64 + PAGE];
    assertThat(verifier.verify(bytes, 64, 7)).isEqualTo(new PageVerdict.New());
    for (int at : new int[] {20, 63, 64, 4095, 4096, PAGE - 1}) {
      bytes[64 + at] = 1;
      assertThat(verifier.verify(bytes, 64, 7).isAcceptable()).isFalse();
      bytes[64 + at] = 0;
    }
  }

  @Test
  void theHeaderIsReadFieldByField() {
    PageHeader header = PageHeader.decode(page(Lsn.parse("A/B"), 7), 64);
    assertThat(header.lsn()).isEqualTo(Lsn.parse("A/B"));
    assertThat(header.lower()).isEqualTo(24);
    assertThat(header.upper()).isEqualTo(8000);
    assertThat(header.special()).isEqualTo(PAGE);
    assertThat(header.pageBytes()).isEqualTo(PAGE);
    assertThat(header.isNew()).isFalse();
  }

  @Test
  void refusesBlockSizesThatPostgresCannotHave() {
    assertThatThrownBy(() -> new PageVerifier(BACKUP_START, 8000))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** A page of random content with the right checksum, 64 bytes into an array. */
  private static byte[] page(Lsn lsn, long block) {
    byte[] bytes = new byte[64 + PAGE];
    new Random(block).nextBytes(bytes);
    LittleEndian.putInt(bytes, 64, (int) (lsn.value() >>> 32));
    LittleEndian.putInt(bytes, 68, (int) lsn.value());
    LittleEndian.putShort(bytes, 64 + 12, 24);
    LittleEndian.putShort(bytes, 64 + 14, 8000);
    LittleEndian.putShort(bytes, 64 + 16, PAGE);
    LittleEndian.putShort(bytes, 64 + 18, PAGE | 4);
    LittleEndian.putShort(bytes, 64 + 8, PageChecksum.of(bytes, 64, PAGE, block));
    return bytes;
  }
}
