package io.vmsnap.snapshot;

import io.vmsnap.snapshot.step.ReversibleStep;
import io.vmsnap.snapshot.step.Step;
import java.io.IOException;
import java.util.List;

/** Applies steps, each only while the directory is still ours. */
record Steps(OperationLock lock) {
  void apply(Step step, Progress progress, int percent) throws IOException {
    progress.report(step.description(), percent);
    lock.check();
    step.apply();
  }

  /** To the end: for what may not be taken back any more. */
  void applyAll(List<? extends Step> steps, Progress progress, int fromPercent, int toPercent)
      throws IOException {
    for (int i = 0; i < steps.size(); i++) {
      apply(steps.get(i), progress, fromPercent + (toPercent - fromPercent) * i / steps.size());
    }
  }

  /** Takes steps back, the last one first, however far each came. */
  void undoAll(List<? extends ReversibleStep> steps) throws IOException {
    for (ReversibleStep step : steps.reversed()) {
      lock.check();
      step.undo();
    }
  }
}
