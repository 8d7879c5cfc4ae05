package io.vmsnap.snapshot;

import io.vmsnap.disk.merge.MergeSettings;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskReason;
import java.io.IOException;

/** Whether the volume has room for a merge, and how to get by with little. */
final class MergeSpace {
  /** For new indexes, texts, the journal, and what others write meanwhile. */
  private static final long MARGIN = 64L << 20;

  private static final long SMALLEST_CHECKPOINT = 4L << 20;

  private MergeSpace() {}

  /**
   * @param growth bytes that the parent may grow by, at most
   * @param running whether a machine may have the child open
   * @throws RefusedException with the numbers, if there is not enough
   */
  static MergeSettings settings(VmStorage storage, MergePlan plan, long growth, boolean running)
      throws IOException, RefusedException {
    long free = storage.space().freeBytes();
    if (free - MARGIN >= growth) {
      return MergeSettings.DEFAULT;
    }
    if (running) {
      throw new RefusedException(
          TaskReason.InsufficientSpace,
          "free on the volume: "
              + free
              + " bytes; "
              + plan.parent()
              + " may grow by "
              + growth
              + " bytes before "
              + plan.child()
              + " can go, and "
              + MARGIN
              + " must stay free for the running machine. Grow the volume, or power the machine"
              + " off: then the merge gives space back as it goes");
    }
    long checkpoint =
        Math.clamp(
            (free - MARGIN) / 4, SMALLEST_CHECKPOINT, MergeSettings.DEFAULT.checkpointBytes());
    return new MergeSettings(checkpoint, Math.min(checkpoint, 16L << 20), true);
  }
}
