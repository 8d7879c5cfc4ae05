package io.vmsnap.snapshot.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmsnap.storage.FileNames;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.TooNewException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The journal of a VM directory, {@value #FILE}: present exactly while an operation is under way.
 * JSON with a version, the entry, and the CRC-32C of the entry's text. Every change is durable when
 * the method returns.
 */
public final class Journal {
  public static final String FILE = ".vmsnap/journal.json";

  private static final int VERSION = 1;

  /** Texts of three files of at most 12 MiB, in base64. */
  private static final int MAX_BYTES = 52 << 20;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final VmStorage storage;

  public Journal(VmStorage storage) {
    this.storage = storage;
  }

  /** Turns a plan into the form an entry takes. */
  public static JsonNode toJson(Object plan) {
    return JSON.valueToTree(plan);
  }

  /**
   * @throws DamagedFileException if the entry's plan is not of that type
   */
  public static <T> T plan(JournalEntry entry, Class<T> type) throws DamagedFileException {
    try {
      T plan = JSON.treeToValue(entry.plan(), type);
      if (plan == null) {
        throw new DamagedFileException(FILE, "plan of \"" + entry.operation() + "\" is missing");
      }
      return plan;
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new DamagedFileException(FILE, "plan of \"" + entry.operation() + "\" is malformed", e);
    }
  }

  public void write(JournalEntry entry) throws IOException {
    JsonNode tree = JSON.valueToTree(entry);
    ObjectNode file = JSON.createObjectNode();
    file.put("version", VERSION);
    file.set("entry", tree);
    file.put("crc32c", checksum(tree));
    WholeFile.replace(storage, FILE, JSON.writeValueAsBytes(file));
  }

  /**
   * @return empty if no operation is under way
   * @throws TooNewException if a newer version began the operation; only that can finish it
   * @throws DamagedFileException if the content is not what was written
   */
  public Optional<JournalEntry> read() throws IOException {
    if (!storage.exists(FILE)) {
      return Optional.empty();
    }
    JsonNode file = parse(WholeFile.read(storage, FILE, MAX_BYTES));
    long version = file.path("version").asLong(0);
    if (version > VERSION) {
      throw new TooNewException(FILE, version, VERSION);
    }
    JsonNode tree = file.path("entry");
    if (version != VERSION || !checksum(tree).equals(file.path("crc32c").asText())) {
      throw damaged("its checksum does not fit its content", null);
    }
    if (!tree.isObject()) {
      throw damaged("\"entry\" is missing", null);
    }
    try {
      return Optional.of(JSON.treeToValue(tree, JournalEntry.class));
    } catch (JsonProcessingException e) {
      throw damaged("the entry is malformed", e);
    }
  }

  private static JsonNode parse(byte[] bytes) throws DamagedFileException {
    try {
      return JSON.readTree(bytes);
    } catch (IOException e) {
      throw damaged("is not JSON", e);
    }
  }

  private static DamagedFileException damaged(String problem, Exception cause) {
    return new DamagedFileException(
        FILE,
        problem
            + "; an operation was under way and cannot be finished from it. Keep a copy of the"
            + " directory, then run \"vmsnap check\" on it",
        cause);
  }

  /** Ends the operation. */
  public void remove() throws IOException {
    storage.delete(FILE);
    storage.syncDirectory(FileNames.folderOf(FILE));
  }

  private static String checksum(JsonNode tree) {
    CRC32C crc = new CRC32C();
    crc.update(tree.toString().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }
}
