package io.vmsnap.operator.operation;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.status.Conditions;
import java.util.Arrays;
import java.util.List;

/**
 * Whether a change of one resource tells another's reconciler anything. Most writes of a status are
 * for people; each that woke all snapshots of the machine would cost as many looks as it has.
 */
public final class News {
  private News() {}

  /** For the machine of a snapshot, and its other snapshots. */
  public static boolean of(VMSnapshot now, VMSnapshot before) {
    return metadataDiffers(now, before) || !told(now.getStatus()).equals(told(before.getStatus()));
  }

  /** For the snapshots of a machine. */
  public static boolean of(VirtualMachine now, VirtualMachine before) {
    return metadataDiffers(now, before) || !told(now.getStatus()).equals(told(before.getStatus()));
  }

  private static boolean metadataDiffers(HasMetadata now, HasMetadata before) {
    return !told(now.getMetadata()).equals(told(before.getMetadata()));
  }

  private static List<Object> told(ObjectMeta metadata) {
    return Arrays.asList(
        metadata.getUid(),
        metadata.getGeneration(),
        metadata.getDeletionTimestamp(),
        metadata.getAnnotations(),
        metadata.getLabels());
  }

  /** All but what is said to people, and what was read off others. */
  private static List<Object> told(VMSnapshotStatus status) {
    return status == null
        ? List.of()
        : Arrays.asList(
            status.phase(),
            status.uid(),
            status.parentUid(),
            status.memory(),
            status.createTime(),
            status.completionTime(),
            status.displayName(),
            status.description(),
            status.deletion(),
            status.sequence(),
            status.attempt(),
            Conditions.isTrue(status.conditions(), ConditionType.Stalled));
  }

  private static List<Object> told(VirtualMachineStatus status) {
    return status == null ? List.of() : List.of(status.withoutSizes());
  }
}
