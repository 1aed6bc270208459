package io.tidemark.repository;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.repository.Manifest.Directory;
import io.tidemark.repository.Manifest.Tablespace;
import io.tidemark.repository.SealedHeader.Kind;
import io.tidemark.store.Content;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * Seals a manifest. Its lines are made twice, first to know their length and checksum, which come
 * before them: so only what is stored is ever in memory, some 40 MB for a TB.
 */
final class ManifestWriter {
  private static final JsonFactory JSON = new JsonFactory();
  private final Part part;

  ManifestWriter(Part part) {
    this.part = part;
  }

  /** The manifest's object, with {@code totals} instead of the manifest's own. */
  Content seal(String key, Manifest manifest, BackupTotals totals) {
    Counting counting = new Counting();
    CheckedOutputStream checked = new CheckedOutputStream(counting, new CRC32C());
    write(manifest, totals, checked);
    Optional<DataKey> dataKey = part.keyring().map(Keyring::current);
    OptionalInt crc =
        dataKey.isPresent()
            ? OptionalInt.empty()
            : OptionalInt.of((int) checked.getChecksum().getValue());
    ObjectNode about = ManifestJson.about(manifest.info(), totals);
    byte[] header =
        part.sealed()
            .newHeader(Kind.MANIFEST, OptionalLong.of(counting.count), crc, dataKey, about)
            .encode();
    try (SealingStream sealing = new SealingStream(part.benches(), key, dataKey, header)) {
      write(manifest, totals, sealing);
      return sealing.finish();
    }
  }

  private static final class Counting extends OutputStream {
    private long count;

    @Override
    public void write(int b) {
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      count += length;
    }
  }

  private static void write(Manifest manifest, BackupTotals totals, OutputStream out) {
    try {
      JsonGenerator json = JSON.createGenerator(out);
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      line(json, "backup", backup(manifest));
      for (Tablespace tablespace : manifest.tablespaces()) {
        line(json, "tablespace", tablespace(tablespace));
      }
      for (Directory directory : manifest.directories()) {
        line(json, "directory", directory(directory));
      }
      for (BackupFile file : manifest.files()) {
        file(json, manifest.info().name(), file);
      }
      line(json, "end", ManifestJson.totals(totals));
      json.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void line(JsonGenerator json, String field, ObjectNode value) throws IOException {
    json.writeRaw("{\"" + field + "\":" + Json.text(value) + "}\n");
  }

  private static ObjectNode backup(Manifest manifest) {
    ObjectNode json = ManifestJson.info(manifest.info());
    json.put("backupLabel", manifest.backupLabel());
    json.put("tablespaceMap", manifest.tablespaceMap());
    return json;
  }

  private static ObjectNode tablespace(Tablespace tablespace) {
    ObjectNode json = Json.object();
    json.put("oid", Integer.toUnsignedLong(tablespace.oid()));
    json.put("location", tablespace.location());
    return json;
  }

  private static ObjectNode directory(Directory directory) {
    ObjectNode json = Json.object();
    json.put("path", directory.path());
    json.put("mode", directory.mode());
    return json;
  }

  private static void file(JsonGenerator json, BackupName backup, BackupFile file)
      throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("file");
    json.writeStringField("path", file.path());
    json.writeNumberField("size", file.size());
    json.writeNumberField("mode", file.mode());
    json.writeStringField("modified", Json.time(file.modified()));
    json.writeStringField("crc32c", Hex.hex8(file.crc32c()));
    json.writeArrayFieldStart("frames");
    for (Frame frame : file.frames()) {
      frame(json, backup, frame);
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndObject();
    json.writeRaw('\n');
  }

  private static void frame(JsonGenerator json, BackupName backup, Frame frame) throws IOException {
    json.writeStartArray();
    json.writeNumber(frame.fileOffset());
    json.writeNumber(frame.rawLength());
    PackName pack = frame.pack();
    if (frame.isZeros() || pack.backup().equals(backup)) {
      json.writeNumber(frame.isZeros() ? 0 : pack.number());
    } else {
      json.writeString(pack.backup() + "/" + pack.number());
    }
    json.writeNumber(frame.packOffset());
    json.writeNumber(frame.storedLength());
    json.writeString(Hex.hex8(frame.crc32c()));
    json.writeString(Hex.hex16(frame.xxh64()));
    json.writeEndArray();
  }
}
