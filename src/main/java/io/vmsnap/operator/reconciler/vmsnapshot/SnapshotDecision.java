package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.DurationText;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Attempt;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.dependent.SnapshotJob;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Violation;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Decides from what was observed, without side effects. */
final class SnapshotDecision {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
  private static final int DOUBLINGS = 5;

  private final int maxAttempts;
  private final Duration jobTtl;

  /**
   * @param maxAttempts tries in all
   * @param jobTtl how long a settled snapshot's job stays
   */
  SnapshotDecision(int maxAttempts, Duration jobTtl) {
    this.maxAttempts = maxAttempts;
    this.jobTtl = jobTtl;
  }

  SnapshotStep decide(VMSnapshot snapshot, SnapshotObservation seen, Instant now) {
    VMSnapshotStatus status = snapshot.getStatus();
    if (status != null && status.phase() != null && status.phase().isFinal()) {
      return settled(status, seen, now);
    }
    Attempt attempt = status == null ? null : status.attempt();
    return attempt == null ? waiting(snapshot, seen, now) : begun(snapshot, attempt, seen, now);
  }

  private SnapshotStep settled(VMSnapshotStatus status, SnapshotObservation seen, Instant now) {
    Instant expires =
        status.completionTime() == null ? now : Instant.parse(status.completionTime()).plus(jobTtl);
    boolean jobLeft = seen.job().isPresent();
    boolean expired = !now.isBefore(expires);
    return new SnapshotStep.Settled(jobLeft && expired, jobLeft && !expired ? expires : null);
  }

  private SnapshotStep waiting(VMSnapshot snapshot, SnapshotObservation seen, Instant now) {
    if (!seen.violations().isEmpty()) {
      return new SnapshotStep.Refuse(seen.violations());
    }
    Optional<SnapshotStep> obstacle = obstacle(snapshot, seen.vm());
    if (obstacle.isPresent()) {
      return obstacle.get();
    }
    Optional<VMSnapshot> earlier = OperationQueue.before(snapshot, seen.siblings());
    if (earlier.isPresent()) {
      return new SnapshotStep.Hold(
          ConditionReason.VMBusy,
          "Waits for snapshot " + earlier.get().getMetadata().getName() + " of the same machine");
    }
    return new SnapshotStep.Begin(
        new Attempt(
            1,
            SnapshotJob.nameOf(snapshot, 1),
            text(now),
            text(now),
            VMSnapshotRules.requestHash(snapshot.getSpec())));
  }

  /** What about the machine keeps an operation from beginning. */
  private static Optional<SnapshotStep> obstacle(
      VMSnapshot snapshot, Optional<VirtualMachine> machine) {
    String name = snapshot.getSpec().vmName();
    if (machine.isEmpty()) {
      return hold(ConditionReason.WaitingForVM, "There is no VirtualMachine " + name + " here");
    }
    VirtualMachine vm = machine.get();
    if (vm.getMetadata().getDeletionTimestamp() != null) {
      return hold(ConditionReason.WaitingForVM, "VirtualMachine " + name + " is being deleted");
    }
    if (vm.getStatus() == null
        || vm.getSpec() == null
        || !vm.getMetadata().getGeneration().equals(vm.getStatus().observedGeneration())) {
      return hold(ConditionReason.VMNotReady, "VirtualMachine " + name + " was not looked at yet");
    }
    if (canBeSnapshotted(vm)) {
      return Optional.empty();
    }
    String why =
        Conditions.find(vm.getStatus().conditions(), ConditionType.Ready)
            .map(Condition::message)
            .orElse("its state is not known");
    return hold(ConditionReason.VMNotReady, "VirtualMachine " + name + " is not ready: " + why);
  }

  /** Powered off without a pod, or powered on with a guest that runs or stands still. */
  private static boolean canBeSnapshotted(VirtualMachine vm) {
    if (vm.getSpec().powerState() == PowerState.PoweredOff) {
      return vm.getStatus().pod() == null
          && Conditions.isTrue(vm.getStatus().conditions(), ConditionType.Ready);
    }
    return vm.getStatus().powerState() == PowerState.PoweredOn
        && Conditions.find(vm.getStatus().conditions(), ConditionType.Ready)
            .map(Condition::reason)
            .filter(
                reason ->
                    reason.equals(ConditionReason.Running.name())
                        || reason.equals(ConditionReason.Paused.name())
                        || reason.equals(ConditionReason.IOError.name()))
            .isPresent();
  }

  private SnapshotStep begun(
      VMSnapshot snapshot, Attempt attempt, SnapshotObservation seen, Instant now) {
    return switch (seen.outcome()) {
      case JobObservation.Absent absent -> absent(snapshot, attempt, seen, now);
      case JobObservation.Running running -> new SnapshotStep.Watch(running.message());
      case JobObservation.Made made -> new SnapshotStep.Succeed(made.result());
      case JobObservation.Failed failed -> failed(snapshot, attempt, failed, now);
    };
  }

  private static SnapshotStep absent(
      VMSnapshot snapshot, Attempt attempt, SnapshotObservation seen, Instant now) {
    if (!now.isBefore(deadline(snapshot, attempt))) {
      return new SnapshotStep.Fail(
          ConditionReason.TimedOut, "The deadline passed before a job could be made");
    }
    Instant notBefore = Instant.parse(attempt.notBefore());
    if (now.isBefore(notBefore)) {
      return new SnapshotStep.Await(
          ConditionReason.Retrying, "The next try begins at " + notBefore, notBefore);
    }
    if (!seen.violations().isEmpty()) {
      // the task would be made from another spec than the accepted one
      return new SnapshotStep.Await(
          ConditionReason.InvalidSpec,
          Violation.list(seen.violations()),
          deadline(snapshot, attempt));
    }
    if (seen.vm().isEmpty()) {
      return new SnapshotStep.Await(
          ConditionReason.WaitingForVM,
          "VirtualMachine " + snapshot.getSpec().vmName() + " is gone",
          deadline(snapshot, attempt));
    }
    return new SnapshotStep.StartJob(attempt);
  }

  private SnapshotStep failed(
      VMSnapshot snapshot, Attempt attempt, JobObservation.Failed failed, Instant now) {
    Instant next = now.plus(FIRST_PAUSE.multipliedBy(1L << Math.min(attempt.number(), DOUBLINGS)));
    boolean timeLeft = next.isBefore(deadline(snapshot, attempt));
    if (!failed.mayPass() || attempt.number() >= maxAttempts || !timeLeft) {
      String suffix = failed.mayPass() ? " (given up after " + attempt.number() + " tries)" : "";
      return new SnapshotStep.Fail(failed.reason(), failed.message() + suffix);
    }
    int number = attempt.number() + 1;
    return new SnapshotStep.Retry(
        new Attempt(
            number,
            SnapshotJob.nameOf(snapshot, number),
            attempt.startTime(),
            text(next),
            attempt.requestHash()),
        failed.reason(),
        failed.message());
  }

  static Instant deadline(VMSnapshot snapshot, Attempt attempt) {
    return Instant.parse(attempt.startTime())
        .plus(DurationText.parse(snapshot.getSpec().timeout()));
  }

  /** Time that a try has, from its beginning; the same at every look. */
  static Duration remaining(VMSnapshot snapshot, Attempt attempt) {
    return Duration.between(Instant.parse(attempt.notBefore()), deadline(snapshot, attempt));
  }

  private static Optional<SnapshotStep> hold(ConditionReason reason, String message) {
    return Optional.of(new SnapshotStep.Hold(reason, message));
  }

  private static String text(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
