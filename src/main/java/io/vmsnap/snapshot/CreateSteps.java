package io.vmsnap.snapshot;

import io.vmsnap.snapshot.step.CreateDelta;
import io.vmsnap.snapshot.step.CreateFile;
import io.vmsnap.snapshot.step.FreezeDisk;
import io.vmsnap.snapshot.step.ReplaceFile;
import io.vmsnap.snapshot.step.ReversibleStep;
import io.vmsnap.snapshot.step.Step;
import io.vmsnap.storage.VmStorage;
import java.util.ArrayList;
import java.util.List;

/** The steps of a {@link CreatePlan}; the same for the operation and for its recovery. */
final class CreateSteps {
  private CreateSteps() {}

  /** What is made before anything uses it. */
  static List<ReversibleStep> prepare(VmStorage storage, CreatePlan plan) {
    List<ReversibleStep> steps = new ArrayList<>();
    plan.deltas().forEach(d -> steps.add(new CreateDelta(storage, d.frozen(), d.delta())));
    if (plan.memory() != null) {
      steps.add(
          new CreateFile(storage, plan.memory().file(), Math.toIntExact(plan.memory().offset())));
    }
    return steps;
  }

  /** What follows once the deltas take the writes. */
  static List<Step> finish(VmStorage storage, CreatePlan plan) {
    List<Step> steps = new ArrayList<>();
    plan.files().forEach(f -> steps.add(new ReplaceFile(storage, f.name(), f.content())));
    plan.deltas().forEach(d -> steps.add(new FreezeDisk(storage, d.frozen())));
    return steps;
  }
}
