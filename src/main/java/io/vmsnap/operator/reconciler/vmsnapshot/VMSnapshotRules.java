package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.DurationText;
import io.vmsnap.api.v1alpha1.Names;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.Quiesce;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.operation.RequestHash;
import io.vmsnap.operator.status.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of the VMSnapshot definition once more, for API servers that do not know CEL (before
 * 1.25) and for resources stored before a rule existed.
 */
public final class VMSnapshotRules {
  private static final String UID = "[1-9][0-9]{0,17}";

  private VMSnapshotRules() {}

  /** Every broken rule, in the order of the spec; empty if all hold. */
  public static List<Violation> check(VMSnapshot snapshot) {
    List<Violation> found = new ArrayList<>();
    VMSnapshotSpec spec = snapshot.getSpec();
    if (spec == null || spec.vmName() == null) {
      found.add(new Violation("spec.vmName", "is required"));
      return found;
    }
    String name = snapshot.getMetadata().getName();
    if (name.length() > Names.MAX_SNAPSHOT_NAME || !name.matches(Names.DNS_LABEL)) {
      found.add(
          new Violation(
              "metadata.name",
              "metadata.name becomes the snapshot's name: at most 63 lower-case letters, digits and hyphens, no"
                  + " dots"));
    }
    if (spec.memory() && spec.quiesce().policy() == Quiesce.Policy.Required) {
      found.add(
          new Violation(
              "spec.quiesce.policy",
              "memory needs no quiescing, and memory saved while the guest is frozen would resume"
                  + " frozen: quiesce.policy Required cannot be combined with memory"));
    }
    String imported = Operations.annotation(snapshot, Annotations.IMPORT);
    if (imported != null && !imported.matches(UID)) {
      found.add(
          new Violation(
              "metadata.annotations[" + Annotations.IMPORT + "]",
              "must be the uid of a snapshot in the directory, such as \"3\""));
    }
    duration(
        found,
        "spec.quiesce.timeout",
        spec.quiesce().timeout(),
        Quiesce.MIN_TIMEOUT,
        Quiesce.MAX_TIMEOUT,
        "quiesce.timeout must be from 1s to 10m");
    duration(
        found,
        "spec.timeout",
        spec.timeout(),
        VMSnapshotSpec.MIN_TIMEOUT,
        VMSnapshotSpec.MAX_TIMEOUT,
        "timeout must be from 10s to 24h");
    if (changedSinceAccepted(snapshot)) {
      found.add(
          new Violation(
              "spec",
              "vmName, memory, quiesce and timeout are immutable; they differ from those the"
                  + " snapshot was asked with"));
    }
    return found;
  }

  private static boolean changedSinceAccepted(VMSnapshot snapshot) {
    return snapshot.getStatus() != null
        && snapshot.getStatus().attempt() != null
        && snapshot.getStatus().attempt().operation() == OperationKind.Create
        && !RequestHash.of(snapshot.getSpec()).equals(snapshot.getStatus().attempt().requestHash());
  }

  private static void duration(
      List<Violation> found, String field, String text, Duration min, Duration max, String range) {
    if (!DurationText.isValid(text)
        || DurationText.parse(text).compareTo(min) < 0
        || DurationText.parse(text).compareTo(max) > 0) {
      found.add(new Violation(field, range));
    }
  }
}
