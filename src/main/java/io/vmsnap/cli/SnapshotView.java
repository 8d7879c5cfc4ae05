package io.vmsnap.cli;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.SnapshotSize;
import io.vmsnap.vmdir.SnapshotTree;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A snapshot as {@code vmsnap tree} shows it, with its children.
 *
 * @param consistency {@code Crash}, {@code FileSystem} or {@code Memory}; null if not recorded
 * @param bytes what it takes on the volume
 * @param missingFiles files it needs that are not there
 * @param current whether the running state is based on it
 * @param foreign whether another program than vmsnap took it
 */
record SnapshotView(
    long uid,
    String displayName,
    String description,
    Instant createTime,
    boolean memory,
    String consistency,
    String powerState,
    long bytes,
    List<String> missingFiles,
    boolean current,
    boolean foreign,
    List<SnapshotView> children) {

  static SnapshotView of(VmStorage storage, SnapshotTree tree, SnapshotEntry snapshot)
      throws IOException {
    List<SnapshotView> children = new ArrayList<>();
    for (SnapshotEntry child : tree.children(snapshot.uid())) {
      children.add(of(storage, tree, child));
    }
    SnapshotSize size = SnapshotSize.of(storage, snapshot);
    return new SnapshotView(
        snapshot.uid(),
        snapshot.displayName(),
        snapshot.description(),
        snapshot.createTime(),
        snapshot.memory(),
        snapshot.property(SnapshotEntry.CONSISTENCY).orElse(null),
        snapshot.property(SnapshotEntry.POWER_STATE).orElse(null),
        size.bytes(),
        size.missing(),
        tree.current().filter(snapshot::equals).isPresent(),
        snapshot.property(SnapshotEntry.REQUEST_ID).isEmpty(),
        children);
  }
}
