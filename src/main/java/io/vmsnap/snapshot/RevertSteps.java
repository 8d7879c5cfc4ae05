package io.vmsnap.snapshot;

import io.vmsnap.snapshot.step.CreateDelta;
import io.vmsnap.snapshot.step.DeleteFiles;
import io.vmsnap.snapshot.step.MarkIndexAhead;
import io.vmsnap.snapshot.step.ReplaceFile;
import io.vmsnap.snapshot.step.ReversibleStep;
import io.vmsnap.snapshot.step.StageFile;
import io.vmsnap.snapshot.step.Step;
import io.vmsnap.storage.VmStorage;
import java.util.ArrayList;
import java.util.List;

/** The steps of a {@link RevertPlan}; the same for the operation and for its recovery. */
final class RevertSteps {
  private RevertSteps() {}

  /** What is made before anything uses it. */
  static List<ReversibleStep> prepare(VmStorage storage, RevertPlan plan) {
    List<ReversibleStep> steps = new ArrayList<>();
    plan.deltas().forEach(d -> steps.add(new CreateDelta(storage, d.frozen(), d.delta())));
    if (plan.live()) {
      plan.deltas().forEach(d -> steps.add(new MarkIndexAhead(storage, d.delta())));
      steps.add(new StageFile(storage, RevertPlan.STAGED_CONFIGURATION, plan.configuration()));
    }
    return steps;
  }

  /** What makes the machine be in the other state. */
  static List<Step> replace(VmStorage storage, RevertPlan plan) {
    return plan.files().stream()
        .<Step>map(f -> new ReplaceFile(storage, f.name(), f.content()))
        .toList();
  }

  /** What puts {@link #replace} back. */
  static List<Step> restore(VmStorage storage, RevertPlan plan) {
    return plan.before().stream()
        .<Step>map(f -> new ReplaceFile(storage, f.name(), f.content()))
        .toList();
  }

  /**
   * What nobody needs once the machine is in the other state, and writes to the old disks no more.
   */
  static List<Step> discard(VmStorage storage, RevertPlan plan) {
    List<Step> steps = new ArrayList<>();
    if (plan.live()) {
      String staged = RevertPlan.STAGED_CONFIGURATION;
      steps.add(new DeleteFiles(storage, staged, List.of(staged)));
    }
    plan.abandoned().forEach(a -> steps.add(new DeleteFiles(storage, a.disk(), a.files())));
    return steps;
  }
}
