package io.tidemark.repository;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * What a pack holds, at its end: from it an interrupted backup knows what is stored already. Lines
 * of JSON under zlib, which every language reads; at most {@link #MAX_RAW_BYTES} of them.
 */
final class PackDirectory {
  static final int MAGIC = 0x184D2A5F;
  static final int TRAILER_MAGIC = 0x184D2A5C;

  /** Magic, length, the directory's offset. */
  static final int TRAILER_BYTES = 16;

  /** So many bytes of lines at most: the pack is full before there are more. */
  static final int MAX_RAW_BYTES = 1 << 20;

  /** What {@link #MAX_RAW_BYTES} of lines take in the pack at most, with what is around them. */
  static final int MAX_STORED_BYTES =
      MAX_RAW_BYTES + (MAX_RAW_BYTES >>> 10) + 64 + FrameCipher.OVERHEAD + TRAILER_BYTES;

  private static final JsonFactory JSON = new JsonFactory();

  private PackDirectory() {}

  /** A frame, and of which file it is a piece. */
  record Entry(String path, Frame frame) {}

  /** One line, with its end. */
  static byte[] line(String path, Frame frame) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(128);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartArray();
      json.writeString(path);
      json.writeNumber(frame.fileOffset());
      json.writeNumber(frame.rawLength());
      json.writeNumber(frame.packOffset());
      json.writeNumber(frame.storedLength());
      json.writeString(Hex.hex8(frame.crc32c()));
      json.writeString(Hex.hex16(frame.xxh64()));
      json.writeEndArray();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static byte[] compress(byte[] lines) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(lines.length / 2 + 64);
    try (DeflaterOutputStream zlib = new DeflaterOutputStream(out)) {
      zlib.write(lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * Reads what {@link #compress} made.
   *
   * @throws DamagedFrameException where it is something else
   */
  static List<Entry> read(PackName pack, byte[] compressed) throws DamagedFrameException {
    byte[] lines;
    try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(compressed))) {
      lines = in.readNBytes(MAX_RAW_BYTES + 1);
    } catch (IOException e) {
      throw new DamagedFrameException("is not valid zlib", e);
    }
    if (lines.length > MAX_RAW_BYTES) {
      throw new DamagedFrameException("holds more than " + MAX_RAW_BYTES + " bytes");
    }
    try (JsonParser json = JSON.createParser(lines)) {
      List<Entry> entries = new ArrayList<>();
      while (json.nextToken() != null) {
        entries.add(entry(json, pack));
      }
      return entries;
    } catch (IOException | IllegalArgumentException e) {
      throw new DamagedFrameException("holds something else than a list of frames", e);
    }
  }

  private static Entry entry(JsonParser json, PackName pack) throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY);
    String path = string(json);
    long fileOffset = json.nextLongValue(-1);
    int rawLength = json.nextIntValue(-1);
    long packOffset = json.nextLongValue(-1);
    int storedLength = json.nextIntValue(-1);
    int crc32c = Hex.parse8(string(json));
    long xxh64 = Hex.parse16(string(json));
    require(json.nextToken() == JsonToken.END_ARRAY);
    require(fileOffset >= 0 && rawLength > 0 && rawLength <= Frame.MAX_RAW_BYTES);
    require(packOffset > 0 && storedLength > 0);
    return new Entry(
        path, new Frame(fileOffset, rawLength, pack, packOffset, storedLength, crc32c, xxh64));
  }

  private static String string(JsonParser json) throws IOException {
    String text = json.nextTextValue();
    require(text != null);
    return text == null ? "" : text;
  }

  private static void require(boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException("not an entry of a pack's directory");
    }
  }
}
