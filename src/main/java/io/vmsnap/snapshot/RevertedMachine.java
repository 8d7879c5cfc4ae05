package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.MachineReplacement;
import io.vmsnap.vmdir.PowerState;
import java.io.IOException;
import java.time.Duration;

/** The part of a running machine in its revert; a machine that is off has none. */
final class RevertedMachine implements AutoCloseable {
  /** No stop is heeded during the change, but nobody waits for ever. */
  private static final Duration CHANGE_TIMEOUT = Duration.ofMinutes(1);

  private final RevertPlan plan;
  private final OperationContext context;
  private MachineReplacement replacement;

  RevertedMachine(RevertPlan plan, OperationContext context) {
    this.plan = plan;
    this.context = context;
  }

  /** Makes the other machine ready; the running one goes on. */
  void prepare() throws IOException {
    if (!plan.live()) {
      return;
    }
    context.progress().report("prepare the machine", 40);
    replacement = context.connector().replacement();
    if (runsAfterwards()) {
      replacement.prepare(RevertPlan.STAGED_CONFIGURATION, context.stop().left());
    }
  }

  /** Returns the time until the guest ran; null if it is off now. */
  Duration change() throws IOException {
    context.progress().report("replace the machine", 70);
    if (runsAfterwards()) {
      replacement.promote(CHANGE_TIMEOUT);
      return context.elapsed();
    }
    replacement.powerOff(CHANGE_TIMEOUT);
    return null;
  }

  private boolean runsAfterwards() {
    return plan.powerState().equals(PowerState.PoweredOn.name());
  }

  /** What was made ready and did not take over ends. */
  @Override
  public void close() {
    if (replacement != null) {
      replacement.close();
      replacement = null;
    }
  }
}
