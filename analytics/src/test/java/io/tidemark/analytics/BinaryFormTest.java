package io.tidemark.analytics;

import static io.tidemark.analytics.ShapeTables.mapped;
import static io.tidemark.analytics.ShapeTables.relation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.config.ChangeSettings;
import io.tidemark.config.MaskSettings;
import io.tidemark.config.TidemarkException;
import io.tidemark.postgres.TupleData;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which tables can come in binary form, and that they do. */
final class BinaryFormTest {
  private static final MappedTable TABLE =
      mapped(ChangeSettings.defaults(), "1 id integer", "2 v text");

  private static Optional<String> obstacle(
      int binaryOid, String source, String target, String mask) {
    Optional<MaskSettings> settings =
        mask.isEmpty() ? Optional.empty() : Optional.of(Masking.settings(mask));
    MappedColumn column =
        new MappedColumn(
            new SourceColumn(
                1,
                "c",
                new ColumnType(binaryOid, -1, source, target, true, true, binaryOid),
                false,
                Optional.empty()),
            "c",
            "c",
            settings.map(its -> Masks.targetType(its, target)).orElse(target),
            settings,
            settings
                .map(its -> Masks.of(its, target, Optional.of(Masking.KEY)))
                .orElse(MappedColumn.AS_IT_IS));
    return BinaryForm.obstacle(TABLE.with(TABLE.target(), List.of(column), List.of()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "20 | bigint | bigint | ''",
        "1700 | numeric(10,2) | numeric(10,2) | ''",
        "1114 | timestamp(3) without time zone | timestamp(3) without time zone | ''",
        "23 | types.positive | integer | ''",
        "25 | types.mood | text | ''",
        "25 | types.mood | text | pseudonym",
        "1043 | character varying(5) | text | ''",
        "1043 | character varying(5) | character varying(5) | constant x",
        "1042 | character(5) | character(5) | keep-prefix 2",
        "114 | json | json | ''",
      })
  void theyCanWhereBothSidesHaveOneTypeAndMasksReadText(
      int binaryOid, String source, String target, String mask) {
    assertThat(obstacle(binaryOid, source, target, mask)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | text[] | text[] | '' | public.t.c is text[]",
        "0 | tsquery | tsquery | '' | public.t.c is tsquery",
        "23 | integer | bigint | '' | public.t.c is integer and becomes bigint",
        "1114 | timestamp without time zone | timestamp with time zone | '' | becomes timestamp",
        "1082 | date | date | truncate-date month | public.t.c has a mask, which reads text",
        "20 | bigint | bigint | pseudonym | becomes text",
      })
  void othersCannot(int binaryOid, String source, String target, String mask, String why) {
    assertThat(obstacle(binaryOid, source, target, mask))
        .hasValueSatisfying(found -> assertThat(found).contains(why));
  }

  /** Whatever bytes a client sent are there. */
  @Test
  void whatMayNotBeUtf8IsReadAsTextWhereItsBinaryFormIsNone() {
    assertThat(BinaryForm.obstacle(checked(List.of(TABLE.columns().get(1))))).isEmpty();
    assertThat(BinaryForm.obstacle(checked(TABLE.columns())))
        .contains("public.t.id is read as text to see that it is UTF-8");
  }

  private static MappedTable checked(List<MappedColumn> columns) {
    return TABLE.with(TABLE.target(), columns.stream().map(Utf8Only::column).toList(), List.of());
  }

  /** Of what a column was before, only the number of its type is on record. */
  @Test
  void aColumnThatHadABuiltInTypeBeforeIsSentInThatForm() {
    MappedTable now = mapped(ChangeSettings.defaults(), "1 id bigint", "2 v text");
    MappedTable former = SavedMapping.of(now, ShapeTables.saved(TABLE));
    assertThat(BinaryForm.obstacle(former)).isEmpty();
    assertThat(BinaryForm.given(former.inForm(ValueForm.BINARY)))
        .containsExactly(BinaryType.INT4, BinaryType.TEXT);
    assertThat(BinaryForm.given(former)).containsOnly(BinaryType.TEXT);
    assertThat(BinaryForm.obstacle(SavedMapping.of(now, List.of(had(16_500))))).isPresent();
  }

  private static SavedColumn had(int oid) {
    return new SavedColumn(
        TABLE.name(), ShapeTables.OID, 1, "id", "id", "id", oid, -1, "bigint", false);
  }

  @Test
  void aValueInAnotherFormThanWasAskedForIsRefused() {
    byte[] text = "v".getBytes(StandardCharsets.UTF_8);
    byte[] id = ByteBuffer.allocate(4).putInt(7).array();
    TupleData binary = tuple(TupleData.BINARY, id, text);
    TupleData asText = tuple(TupleData.TEXT, text, text);
    TupleData partly =
        new TupleData(new byte[] {TupleData.BINARY, TupleData.UNCHANGED}, new byte[][] {id, null});
    RelationBinding inBinary =
        RelationBinding.of(TABLE.inForm(ValueForm.BINARY), relation("*id integer", "v text"));
    RelationBinding inText = RelationBinding.of(TABLE, relation("*id integer", "v text"));
    assertThat(inBinary.row(binary)).isDeepEqualTo(new byte[][] {id, text});
    assertThat(Rows.isUnchanged(inBinary.row(partly)[1])).isTrue();
    assertThat(inText.row(asText)).isDeepEqualTo(new byte[][] {text, text});
    assertThatThrownBy(() -> inBinary.row(asText))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("public.t came as 't', in another form than BINARY");
    assertThatThrownBy(() -> inText.row(binary))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("public.t came as 'b', in another form than TEXT");
  }

  private static TupleData tuple(byte kind, byte[]... values) {
    return new TupleData(new byte[] {kind, kind}, values);
  }
}
