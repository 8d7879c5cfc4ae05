package io.vmsnap.operator.dependent;

import io.vmsnap.api.v1alpha1.BinarySize;
import io.vmsnap.api.v1alpha1.DurationText;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineSpec.SnapshotPolicy;
import io.vmsnap.task.ConsolidateTask;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.DescribeSnapshotTask;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.SuspendTask;
import java.time.Duration;
import java.util.Locale;

/** What the resources ask for, in the words of jobs. */
public final class Tasks {
  private Tasks() {}

  /**
   * Names the request in the directory and in progress: the same request is served once. What a
   * resource is made for has its UID.
   */
  public static String requestId(OperationKind kind, String uid) {
    return switch (kind) {
      case Create, Revert -> uid;
      case Delete, Describe, Suspend, Consolidate ->
          uid + "-" + kind.name().toLowerCase(Locale.ROOT);
    };
  }

  public static CreateSnapshotTask create(
      VMSnapshot snapshot, VirtualMachine vm, Duration remaining) {
    VMSnapshotSpec spec = snapshot.getSpec();
    return new CreateSnapshotTask(
        requestId(OperationKind.Create, snapshot.getMetadata().getUid()),
        // as recorded with the attempt: the same job at every look, whatever is edited meanwhile
        snapshot.getStatus().displayName(),
        snapshot.getStatus().description(),
        spec.memory(),
        spec.quiesce().policy().name(),
        Math.toIntExact(DurationText.parse(spec.quiesce().timeout()).toSeconds()),
        seconds(remaining),
        vm.getSpec().snapshotPolicy().maxDepth(),
        spec.reservePercent() == null
            ? vm.getSpec().snapshotPolicy().reservePercent()
            : spec.reservePercent(),
        vm.getSpec().snapshotPolicy().maxSnapshots(),
        spec.memoryMethod() == VMSnapshotSpec.MemoryMethod.Auto
            ? null
            : spec.memoryMethod().name());
  }

  public static DescribeSnapshotTask describe(VMSnapshot snapshot, Duration remaining) {
    return new DescribeSnapshotTask(
        requestId(OperationKind.Describe, snapshot.getMetadata().getUid()),
        snapshot.getStatus().uid(),
        snapshot.getSpec().displayName(),
        snapshot.getSpec().description(),
        seconds(remaining));
  }

  public static DeleteSnapshotTask delete(
      VMSnapshot snapshot, VirtualMachine vm, boolean withDescendants, Duration remaining) {
    return new DeleteSnapshotTask(
        requestId(OperationKind.Delete, snapshot.getMetadata().getUid()),
        snapshot.getStatus().uid(),
        withDescendants,
        bandwidth(vm),
        seconds(remaining));
  }

  public static RevertSnapshotTask revert(
      VMSnapshotRevert revert, VirtualMachine vm, Duration remaining) {
    VMSnapshotRevertSpec spec = revert.getSpec();
    SnapshotPolicy policy = vm.getSpec().snapshotPolicy();
    return new RevertSnapshotTask(
        requestId(OperationKind.Revert, revert.getMetadata().getUid()),
        revert.getStatus().snapshotUid(),
        spec.power().name(),
        spec.memoryLoad().name(),
        seconds(remaining),
        policy.maxDepth(),
        policy.reservePercent());
  }

  public static SuspendTask suspend(VirtualMachine vm, Duration remaining) {
    return new SuspendTask(
        requestId(OperationKind.Suspend, vm.getMetadata().getUid()),
        seconds(remaining),
        vm.getSpec().snapshotPolicy().reservePercent());
  }

  public static ConsolidateTask consolidate(VirtualMachine vm, Duration remaining) {
    return new ConsolidateTask(
        requestId(OperationKind.Consolidate, vm.getMetadata().getUid()),
        bandwidth(vm),
        seconds(remaining));
  }

  private static long bandwidth(VirtualMachine vm) {
    String limit = vm.getSpec().snapshotPolicy().consolidateBandwidth();
    return limit == null ? 0 : BinarySize.parse(limit);
  }

  private static int seconds(Duration duration) {
    return Math.toIntExact(duration.toSeconds());
  }
}
