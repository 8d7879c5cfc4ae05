package io.vmsnap.vmdir;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A snapshot as {@code .vmsd} records it.
 *
 * @param uid its identity in this directory; never used again after it is gone
 * @param parentUid uid of the snapshot it was taken on; null for a root
 * @param stateFile the {@code .vmsn} file
 * @param displayName not unique
 * @param description may be empty
 * @param createTime to the microsecond
 * @param memory whether it holds the RAM ({@code type = "1"})
 * @param disks in VMware's order, disk0 first
 * @param properties our own keys, {@code snapshotN.vmsnap.*}, without that prefix
 */
public record SnapshotEntry(
    long uid,
    Long parentUid,
    String stateFile,
    String displayName,
    String description,
    Instant createTime,
    boolean memory,
    List<SnapshotDisk> disks,
    Map<String, String> properties) {
  /** UID of the custom resource that asked for the snapshot: a request is served once. */
  public static final String REQUEST_ID = "requestId";

  /** {@code PoweredOn} or {@code PoweredOff} at the moment of the snapshot. */
  public static final String POWER_STATE = "powerState";

  /** {@code Crash}, {@code FileSystem} or {@code Memory}. */
  public static final String CONSISTENCY = "consistency";

  /** Whose program can load the snapshot's memory; only there if that is not ours. */
  public static final String MEMORY_FORMAT = "memoryFormat";

  /** What became of the wish to quiesce the guest, a token; absent if there was none. */
  public static final String QUIESCE = "quiesce";

  /** Descriptor of the delta made on disk {@code k} of the snapshot when it was taken. */
  public static String writesTo(int k) {
    return "disk" + k + ".writesTo";
  }

  public SnapshotEntry {
    createTime = createTime.truncatedTo(ChronoUnit.MICROS);
    disks = List.copyOf(disks);
    properties = Map.copyOf(properties);
  }

  public Optional<String> property(String key) {
    return Optional.ofNullable(properties.get(key));
  }
}
