package io.vmsnap.snapshot;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DiskFiles;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Merges what snapshots that are gone have left: every hidden disk that has only one child takes
 * that child over. Between any two merges, and within each, the directory is whole, and all states
 * of the machine read as before; whatever ends it early, another one goes on from there.
 *
 * <p>The active delta of a running machine is changing and cannot be merged by us: a helper delta
 * takes the writes, the large rest is merged below it, and QEMU moves the helper's few megabytes
 * down and makes the disk below the active one.
 */
final class Consolidation {
  /** Below this, QEMU moves an active delta without a helper. */
  static final long SMALL_BYTES = 64L << 20;

  /** A guest that writes faster than this merges would fill one helper after the other. */
  private static final int MAX_HELPERS = 3;

  private final OperationContext context;
  private final String requestId;
  private final long bytesPerSecond;
  private int helpers;
  private MergeOutcome outcome = MergeOutcome.NOTHING;

  /**
   * @param bytesPerSecond most data copied in a second; 0 for no limit
   */
  Consolidation(OperationContext context, String requestId, long bytesPerSecond) {
    this.context = context;
    this.requestId = requestId;
    this.bytesPerSecond = bytesPerSecond;
  }

  /**
   * @throws RefusedException if there is not enough space, or a stop was asked for: what is merged
   *     is merged
   */
  void run() throws IOException, RefusedException {
    MergeView view = MergeView.read(context.storage());
    while (true) {
      context.stop().check();
      List<DiskTree.Link> links = view.tree().links();
      if (view.isRead() && links.isEmpty()) {
        return;
      }
      // a reckoned end is only believed when it was read, and no merge rests on a changed directory
      view =
          links.isEmpty() || !view.isRead() && !view.isCurrent()
              ? MergeView.read(context.storage())
              : merge(view, links);
    }
  }

  /** What was done so far. */
  MergeOutcome outcome() {
    return outcome;
  }

  /** Does one merge, and returns what is known afterwards. */
  private MergeView merge(MergeView view, List<DiskTree.Link> links)
      throws IOException, RefusedException {
    // An active disk comes last: what is merged below it need not be moved with it.
    Optional<DiskTree.Link> frozen =
        links.stream().filter(l -> !view.tree().isActive(l.child())).findFirst();
    DiskTree.Link link = frozen.orElse(links.getFirst());
    boolean on = context.connector().isOn();
    if (frozen.isPresent() || !on) {
      MergePlan plan = MergePlanner.plan(view, link, requestId);
      outcome = outcome.and(new DiskMerge(context, plan, bytesPerSecond).run(on));
      return view.after(link, plan);
    }
    outcome = outcome.and(mergeActive(view, links, link));
    return MergeView.read(context.storage());
  }

  private MergeOutcome mergeActive(MergeView view, List<DiskTree.Link> links, DiskTree.Link link)
      throws IOException, RefusedException {
    VmDirectory directory = view.isRead() ? view.read() : VmDirectory.open(context.storage());
    Optional<RunningVm> vm = context.connector().connect();
    if (vm.isEmpty()) {
      return MergeOutcome.NOTHING; // ended just now: the next round merges a machine that is off
    }
    try (RunningVm running = vm.get()) {
      checkState(running);
      Set<String> large = large(links);
      if (!large.isEmpty() && helpers < MAX_HELPERS) {
        helpers++;
        return new MergeOutcome(
            0, 0, new HelperDelta(context, requestId).run(directory, large, running));
      }
      return new DiskPivot(context, requestId).run(directory, link, running);
    }
  }

  private Set<String> large(List<DiskTree.Link> active) throws IOException {
    VmStorage storage = context.storage();
    Set<String> large = new TreeSet<>();
    for (DiskTree.Link link : active) {
      DiskDescriptor descriptor = DiskDescriptor.read(storage, link.child());
      if (DiskFiles.allocatedBytes(storage, descriptor) > SMALL_BYTES) {
        large.add(link.child());
      }
    }
    return large;
  }

  private static void checkState(RunningVm vm) throws IOException, RefusedException {
    if (vm.state() == RunState.OTHER) {
      throw new RefusedException(
          TaskReason.VMBusy, "the machine is starting, stopping or migrating; try again");
    }
  }
}
