package io.vmsnap.snapshot;

import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import java.util.List;

/**
 * Everything a revert will do, decided before anything is written; kept in the journal.
 *
 * @param requestId the request it serves
 * @param snapshotUid of the snapshot that is returned to
 * @param powerState {@code PoweredOn} or {@code PoweredOff}: what the machine is to be afterwards
 * @param memoryLoad {@code OnDemand} or {@code Eager}; null if no memory is loaded
 * @param live whether the machine runs, and is replaced by another one
 * @param deltas the new active disks, on the disks that the snapshot froze
 * @param abandoned the disks that are left and that no snapshot needs
 * @param files texts to put in place, in this order, once all deltas are there
 * @param before the same files as they were: what puts the revert back while the machine still runs
 *     on the old disks
 */
public record RevertPlan(
    String requestId,
    long snapshotUid,
    String powerState,
    String memoryLoad,
    boolean live,
    List<NewDelta> deltas,
    List<Abandoned> abandoned,
    List<NewFile> files,
    List<NewFile> before) {
  static final String OPERATION = "revert";

  /** The new configuration, for a machine that is made ready before anything is replaced. */
  static final String STAGED_CONFIGURATION = ".vmsnap/revert.vmx";

  /**
   * @param disk descriptor, or the name of a file that is no disk
   * @param files in the order in which they are deleted
   * @param bytes that they take on the volume
   */
  public record Abandoned(String disk, List<String> files, long bytes) {}

  long discardedBytes() {
    return abandoned.stream().mapToLong(Abandoned::bytes).sum();
  }

  /** The new {@code .vmx}. */
  byte[] configuration() {
    return files.stream()
        .filter(f -> f.name().endsWith(".vmx"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("a revert writes a .vmx"))
        .content();
  }
}
