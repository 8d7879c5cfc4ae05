package io.vmsnap.vmdir;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All reverts that ever took place in the directory, {@value #FILE}: JSON with a version and one
 * entry a revert. A revert discards what the guest wrote, so a request must never be served twice,
 * also not after the cluster was restored from a backup that does not know of it. Entries are never
 * removed. Immutable.
 */
public final class RevertLedger {
  public static final String FILE = DirectoryFormat.FOLDER + "/reverts.json";

  private static final int VERSION = 1;

  /** Some hundred thousand reverts. */
  private static final int MAX_BYTES = 16 << 20;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .build();

  private final List<Entry> entries;

  /**
   * A revert that took place.
   *
   * @param requestId UID of the custom resource that asked for it
   * @param memoryLoad null if no memory was loaded
   * @param discardedBytes that the abandoned disks had taken
   * @param time when it was planned
   */
  public record Entry(
      String requestId,
      long snapshotUid,
      String powerState,
      String memoryLoad,
      long discardedBytes,
      Instant time) {}

  private RevertLedger(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /**
   * @throws TooNewException if a newer version wrote it
   * @throws DamagedFileException if it is damaged: then nobody can tell what was served
   */
  public static RevertLedger read(VmStorage storage) throws IOException {
    if (!storage.exists(FILE)) {
      return new RevertLedger(List.of());
    }
    JsonNode file = parse(WholeFile.read(storage, FILE, MAX_BYTES));
    long version = file.path("version").asLong(0);
    if (version > VERSION) {
      throw new TooNewException(FILE, version, VERSION);
    }
    if (version != VERSION || !file.path("reverts").isArray()) {
      throw damaged("\"version\" or \"reverts\" is missing", null);
    }
    List<Entry> entries = new ArrayList<>();
    for (JsonNode node : file.path("reverts")) {
      try {
        Entry entry = JSON.treeToValue(node, Entry.class);
        if (entry == null || entry.requestId() == null) {
          throw damaged("entry " + entries.size() + " has no \"requestId\"", null);
        }
        entries.add(entry);
      } catch (JsonProcessingException e) {
        throw damaged("entry " + entries.size() + " is malformed", e);
      }
    }
    return new RevertLedger(entries);
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
            + "; without it nobody can tell which reverts took place already. Restore it from a"
            + " backup, or delete it after making sure that no old request will come again",
        cause);
  }

  public Optional<Entry> find(String requestId) {
    return entries.stream().filter(e -> e.requestId().equals(requestId)).findFirst();
  }

  /** The revert that took place last. */
  public Optional<Entry> last() {
    return entries.isEmpty() ? Optional.empty() : Optional.of(entries.getLast());
  }

  public List<Entry> entries() {
    return entries;
  }

  public RevertLedger with(Entry entry) {
    List<Entry> all = new ArrayList<>(entries);
    all.add(entry);
    return new RevertLedger(all);
  }

  public byte[] toBytes() {
    ObjectNode file = JSON.createObjectNode();
    file.put("version", VERSION);
    file.set("reverts", JSON.valueToTree(entries));
    try {
      return JSON.writeValueAsBytes(file);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }
}
