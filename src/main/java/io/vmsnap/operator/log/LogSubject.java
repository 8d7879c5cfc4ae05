package io.vmsnap.operator.log;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.log.LogFields;
import java.util.Map;

/** What log lines are about while the operator works on a resource. */
public final class LogSubject {
  private LogSubject() {}

  public static LogFields of(HasMetadata resource) {
    String name = resource.getMetadata().getName();
    LogFields fields =
        new LogFields(Map.of()).with(LogFields.NAMESPACE, resource.getMetadata().getNamespace());
    return switch (resource) {
      case VirtualMachine vm -> operation(fields.with(LogFields.VM, name), attempt(vm));
      case VMSnapshot snapshot ->
          operation(
              fields
                  .with(
                      LogFields.VM, snapshot.getSpec() == null ? null : snapshot.getSpec().vmName())
                  .with(LogFields.SNAPSHOT, name),
              snapshot.getStatus() == null ? null : snapshot.getStatus().attempt());
      case VMSnapshotRevert revert ->
          operation(revertFields(fields, revert).with(LogFields.REVERT, name), attempt(revert));
      case VMSnapshotSchedule schedule -> fields.with(LogFields.SCHEDULE, name);
      default -> fields;
    };
  }

  private static LogFields revertFields(LogFields fields, VMSnapshotRevert revert) {
    return revert.getSpec() == null
        ? fields
        : fields
            .with(LogFields.VM, revert.getSpec().vmName())
            .with(LogFields.SNAPSHOT, revert.getSpec().snapshotName());
  }

  private static Attempt attempt(VirtualMachine vm) {
    return vm.getStatus() == null ? null : vm.getStatus().attempt();
  }

  private static Attempt attempt(VMSnapshotRevert revert) {
    return revert.getStatus() == null ? null : revert.getStatus().attempt();
  }

  /** The operation that the resource's last attempt was made for, while it is under way. */
  private static LogFields operation(LogFields fields, Attempt attempt) {
    return attempt == null || !attempt.isOpen(attempt.operation())
        ? fields
        : fields.with(LogFields.OPERATION, attempt.operation().name());
  }
}
