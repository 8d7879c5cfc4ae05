package io.vmsnap.snapshot;

import io.vmsnap.snapshot.step.DeleteFiles;
import io.vmsnap.snapshot.step.FreezeDisk;
import io.vmsnap.snapshot.step.ReplaceFile;
import io.vmsnap.snapshot.step.SealDisk;
import io.vmsnap.snapshot.step.Step;
import io.vmsnap.snapshot.step.ThawDisk;
import io.vmsnap.storage.VmStorage;
import java.util.ArrayList;
import java.util.List;

/** The steps of a {@link MergePlan}; the same for the operation and for its recovery. */
final class MergeSteps {
  private MergeSteps() {}

  /** What the merge of the data needs. */
  static List<Step> prepare(VmStorage storage, MergePlan plan) {
    return List.of(new ThawDisk(storage, plan.parent()), new ThawDisk(storage, plan.child()));
  }

  /** What makes a directory whole whose merge ended early: both disks are still needed. */
  static List<Step> suspend(VmStorage storage, MergePlan plan) {
    return List.of(
        new FreezeDisk(storage, plan.parent()),
        plan.childActive()
            ? new SealDisk(storage, plan.child())
            : new FreezeDisk(storage, plan.child()));
  }

  /** What gives the parent the child's place. */
  static List<Step> replace(VmStorage storage, MergePlan plan) {
    return plan.files().stream()
        .<Step>map(f -> new ReplaceFile(storage, f.name(), f.content()))
        .toList();
  }

  /** What follows when no machine has the child open any more. */
  static List<Step> finish(VmStorage storage, MergePlan plan) {
    List<Step> steps = new ArrayList<>();
    steps.add(
        plan.childActive()
            ? new SealDisk(storage, plan.parent())
            : new FreezeDisk(storage, plan.parent()));
    plan.frozenChildren().forEach(d -> steps.add(new FreezeDisk(storage, d)));
    steps.add(new DeleteFiles(storage, plan.child(), plan.discarded()));
    return steps;
  }
}
