package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.config.OperatorConfig;
import io.vmsnap.operator.dependent.OperationJob;
import io.vmsnap.operator.dependent.Tasks;
import io.vmsnap.operator.event.Events;
import io.vmsnap.operator.log.LogScope;
import io.vmsnap.operator.metric.OperationMetrics;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.reconciler.Children;
import io.vmsnap.operator.reconciler.ContextChildren;
import io.vmsnap.operator.reconciler.Retries;
import io.vmsnap.operator.status.StatusUpdate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Sees to it that each VMSnapshotRevert takes place once, in its turn, or says why not. It never
 * writes to the machine's resource: what the machine's power is to be afterwards, the reconciler of
 * machines reads from here.
 */
@GradualRetry(maxAttempts = Retries.ENDLESS, initialInterval = 500, maxInterval = 60_000)
@ControllerConfiguration(name = "vmsnapshotrevert")
public class VMSnapshotRevertReconciler implements Reconciler<VMSnapshotRevert> {
  private static final Logger LOG = Logger.getLogger(VMSnapshotRevertReconciler.class);

  /** Looks again at a wait whose end no event told of. */
  private static final Duration RECHECK = Duration.ofSeconds(30);

  private final OperatorConfig config;
  private final Clock clock;
  private final RevertEvents events;
  private final OperationMetrics metrics;
  private final RevertDecision decision;
  private RevertSources sources;

  public VMSnapshotRevertReconciler(
      OperatorConfig config, Events events, OperationMetrics metrics, Clock clock) {
    this.config = config;
    this.clock = clock;
    this.metrics = metrics;
    this.events = new RevertEvents(events);
    this.decision = new RevertDecision(config.jobAttempts(), config.jobTtl());
  }

  @Override
  public List<EventSource<?, VMSnapshotRevert>> prepareEventSources(
      EventSourceContext<VMSnapshotRevert> context) {
    sources = new RevertSources(context);
    return sources.all();
  }

  @Override
  public UpdateControl<VMSnapshotRevert> reconcile(
      VMSnapshotRevert revert, Context<VMSnapshotRevert> context) {
    return LogScope.about(
        revert,
        () ->
            StatusUpdate.write(
                context,
                reconcile(
                    revert,
                    sources.observe(revert, clock.instant()),
                    new ContextChildren(context))));
  }

  UpdateControl<VMSnapshotRevert> reconcile(
      VMSnapshotRevert revert, RevertObservation seen, Children children) {
    Instant now = clock.instant();
    RevertStep step = decision.decide(revert, seen, now);
    act(revert, seen, step, children);
    VMSnapshotRevertStatus status = RevertStatusFactory.create(revert, seen, step, now);
    UpdateControl<VMSnapshotRevert> control =
        StatusUpdate.of(revert, status, VMSnapshotRevert::new);
    events.tell(revert, step);
    if (step instanceof RevertStep.Work work) {
      metrics.observe(revert.getStatus().attempt(), work.job());
    }
    return pause(step, now).map(control::rescheduleAfter).orElse(control);
  }

  private void act(
      VMSnapshotRevert revert, RevertObservation seen, RevertStep step, Children children) {
    switch (step) {
      case RevertStep.Save save -> {
        children.apply(SavedState.desired(revert, save.snapshotName(), save.memory()));
        log(revert, "state is saved", save.snapshotName());
      }
      case RevertStep.Work(JobStep.Start start) -> {
        VirtualMachine vm = seen.vm().orElseThrow();
        Duration remaining = decision.tries(revert).remaining(start.attempt());
        children.apply(
            OperationJob.desired(
                new OperationJob.Request(
                    revert, vm, start.attempt(), Tasks.revert(revert, vm, remaining), remaining),
                config));
        log(revert, "job created", start.attempt().job());
      }
      case RevertStep.Work(JobStep.Retry retry) -> log(revert, "job failed", retry.message());
      case RevertStep.Work(JobStep.Fail fail) -> log(revert, "given up", fail.message());
      case RevertStep.Work(JobStep.Done done) ->
          log(revert, "reverted", done.outcome().revert().powerState());
      case RevertStep.Work work -> {}
      case RevertStep.Settled settled when settled.removeResource() -> children.delete(revert);
      case RevertStep.Settled settled when settled.removeJob() ->
          seen.job().ifPresent(children::delete);
      case RevertStep.Settled settled -> {}
      case RevertStep.Refuse refuse -> {}
      case RevertStep.Refused refused -> log(revert, "refused", refused.message());
      case RevertStep.Hold hold -> {}
      case RevertStep.BeginSaving begin -> {}
      case RevertStep.AwaitSaved await -> {}
      case RevertStep.Begin begin -> {}
    }
  }

  private static Optional<Duration> pause(RevertStep step, Instant now) {
    return switch (step) {
      // the snapshot and the job are created when the intent is durable, and not before
      case RevertStep.BeginSaving begin -> Optional.of(Duration.ZERO);
      case RevertStep.Begin begin -> Optional.of(Duration.ZERO);
      case RevertStep.Work(JobStep.Retry retry) ->
          Optional.of(until(Instant.parse(retry.next().notBefore()), now));
      case RevertStep.Work(JobStep.Await await) -> Optional.of(until(await.until(), now));
      case RevertStep.Settled settled ->
          Optional.ofNullable(settled.next()).map(next -> until(next, now));
      default -> Optional.of(RECHECK);
    };
  }

  private static Duration until(Instant time, Instant now) {
    return now.isBefore(time) ? Duration.between(now, time) : Duration.ZERO;
  }

  private static void log(VMSnapshotRevert revert, String what, String detail) {
    LOG.infof(
        "%s revert=%s/%s vm=%s snapshot=%s detail=%s",
        what,
        revert.getMetadata().getNamespace(),
        revert.getMetadata().getName(),
        revert.getSpec().vmName(),
        revert.getSpec().snapshotName(),
        detail);
  }
}
