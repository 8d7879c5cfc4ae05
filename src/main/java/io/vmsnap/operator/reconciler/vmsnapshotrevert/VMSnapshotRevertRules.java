package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.vmsnap.api.v1alpha1.DurationText;
import io.vmsnap.api.v1alpha1.Names;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec;
import io.vmsnap.operator.operation.RequestHash;
import io.vmsnap.operator.status.Violation;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of the VMSnapshotRevert definition once more, for API servers that do not know CEL
 * (before 1.25) and for resources stored before a rule existed.
 */
public final class VMSnapshotRevertRules {
  private VMSnapshotRevertRules() {}

  /** Every broken rule, in the order of the spec; empty if all hold. */
  public static List<Violation> check(VMSnapshotRevert revert) {
    List<Violation> found = new ArrayList<>();
    VMSnapshotRevertSpec spec = revert.getSpec();
    if (spec == null || spec.vmName() == null || spec.snapshotName() == null) {
      found.add(new Violation("spec", "vmName and snapshotName are required"));
      return found;
    }
    String name = revert.getMetadata().getName();
    if (name.length() > Names.MAX_REVERT_NAME || !name.matches(Names.DNS_LABEL)) {
      found.add(
          new Violation(
              "metadata.name",
              "metadata.name becomes part of the saved snapshot's name: at most 57 lower-case"
                  + " letters, digits and hyphens, no dots"));
    }
    if (!DurationText.isValid(spec.timeout())
        || DurationText.parse(spec.timeout()).compareTo(VMSnapshotRevertSpec.MIN_TIMEOUT) < 0
        || DurationText.parse(spec.timeout()).compareTo(VMSnapshotRevertSpec.MAX_TIMEOUT) > 0) {
      found.add(new Violation("spec.timeout", "timeout must be from 10s to 24h"));
    }
    if (changedSinceAccepted(revert)) {
      found.add(
          new Violation(
              "spec",
              "vmName, snapshotName, power, ifRunning, saveCurrentState, memoryLoad and timeout are"
                  + " immutable; they differ from those the revert was asked with"));
    }
    return found;
  }

  private static boolean changedSinceAccepted(VMSnapshotRevert revert) {
    return revert.getStatus() != null
        && revert.getStatus().attempt() != null
        && !RequestHash.of(revert.getSpec()).equals(revert.getStatus().attempt().requestHash());
  }
}
