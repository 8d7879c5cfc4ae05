package io.vmsnap.snapshot;

import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmsdFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything a snapshot will do, decided before anything is written; kept in the journal.
 *
 * @param requestId the request it serves
 * @param uid of the new snapshot
 * @param deltas the new active disks
 * @param memory where the machine's memory goes; null without memory
 * @param files texts to put in place, in this order, once the deltas take the writes; the last one,
 *     {@code .vmsd}, makes the snapshot exist
 */
public record CreatePlan(
    String requestId, long uid, List<NewDelta> deltas, NewMemory memory, List<NewFile> files) {
  static final String OPERATION = "create";

  /**
   * @param file the {@code .vmsn}, which is complete before the snapshot exists
   * @param offset byte at which the stream begins
   */
  public record NewMemory(String file, long offset) {}

  /**
   * @param node the disk's place on the virtual machine
   * @param frozen descriptor of the disk that the snapshot freezes
   * @param delta descriptor of the new disk on top of it
   */
  public record NewDelta(String node, String frozen, String delta) {}

  /**
   * @param content in JSON as base64
   */
  public record NewFile(String name, byte[] content) {}

  /**
   * The same with the history telling what became of the wish to quiesce the guest.
   *
   * @param consistency null to leave it as it is
   * @param reason token of the outcome
   */
  CreatePlan withQuiesce(String consistency, String reason) throws IOException {
    NewFile history = files.getLast();
    VmsdFile vmsd =
        VmsdFile.parse(history.name(), history.content())
            .withProperty(uid, SnapshotEntry.QUIESCE, reason);
    if (consistency != null) {
      vmsd = vmsd.withProperty(uid, SnapshotEntry.CONSISTENCY, consistency);
    }
    List<NewFile> changed = new ArrayList<>(files);
    changed.set(changed.size() - 1, new NewFile(history.name(), vmsd.toBytes()));
    return new CreatePlan(requestId, uid, deltas, memory, List.copyOf(changed));
  }
}
