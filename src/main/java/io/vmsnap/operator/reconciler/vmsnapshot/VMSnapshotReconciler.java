package io.vmsnap.operator.reconciler.vmsnapshot;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Attempt;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.config.OperatorConfig;
import io.vmsnap.operator.dependent.SnapshotJob;
import io.vmsnap.operator.event.Events;
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

/** Sees to it that each VMSnapshot is taken once, in its turn, or says why not. */
@GradualRetry(maxAttempts = Retries.ENDLESS, initialInterval = 500, maxInterval = 60_000)
@ControllerConfiguration(name = "vmsnapshot")
public class VMSnapshotReconciler implements Reconciler<VMSnapshot> {
  private static final Logger LOG = Logger.getLogger(VMSnapshotReconciler.class);

  /** Looks again at a wait whose end no event told of. */
  private static final Duration RECHECK = Duration.ofSeconds(30);

  private final OperatorConfig config;
  private final Clock clock;
  private final SnapshotEvents events;
  private final SnapshotDecision decision;
  private SnapshotSources sources;

  public VMSnapshotReconciler(OperatorConfig config, Events events, Clock clock) {
    this.config = config;
    this.clock = clock;
    this.events = new SnapshotEvents(events);
    this.decision = new SnapshotDecision(config.jobAttempts(), config.jobTtl());
  }

  @Override
  public List<EventSource<?, VMSnapshot>> prepareEventSources(
      EventSourceContext<VMSnapshot> context) {
    sources = new SnapshotSources(context);
    return sources.all();
  }

  @Override
  public UpdateControl<VMSnapshot> reconcile(VMSnapshot snapshot, Context<VMSnapshot> context) {
    return StatusUpdate.write(
        context, reconcile(snapshot, observe(snapshot), new ContextChildren(context)));
  }

  UpdateControl<VMSnapshot> reconcile(
      VMSnapshot snapshot, SnapshotObservation seen, Children children) {
    Instant now = clock.instant();
    SnapshotStep step = decision.decide(snapshot, seen, now);
    act(snapshot, seen, step, children);
    VMSnapshotStatus status = SnapshotStatusFactory.create(snapshot, seen, step, now);
    UpdateControl<VMSnapshot> control = StatusUpdate.of(snapshot, status, VMSnapshot::new);
    events.tell(snapshot, step);
    return pause(step, now).map(control::rescheduleAfter).orElse(control);
  }

  private SnapshotObservation observe(VMSnapshot snapshot) {
    Optional<Attempt> attempt =
        Optional.ofNullable(snapshot.getStatus()).map(VMSnapshotStatus::attempt);
    Optional<Job> job = attempt.flatMap(a -> sources.job(snapshot, a.job()));
    return new SnapshotObservation(
        VMSnapshotRules.check(snapshot),
        sources.machine(snapshot),
        sources.siblings(snapshot),
        job,
        job.isEmpty()
            ? new JobObservation.Absent()
            : JobObserver.observe(
                job.get(), sources.pods(snapshot, job.get()), attempt.get().requestHash()));
  }

  private void act(
      VMSnapshot snapshot, SnapshotObservation seen, SnapshotStep step, Children children) {
    switch (step) {
      case SnapshotStep.StartJob start -> {
        VirtualMachine vm = seen.vm().orElseThrow();
        String node = vm.getStatus() == null ? null : vm.getStatus().node();
        children.apply(
            SnapshotJob.desired(
                snapshot,
                vm,
                start.attempt(),
                node,
                SnapshotDecision.remaining(snapshot, start.attempt()),
                config));
        log(snapshot, "job created", start.attempt().job());
      }
      case SnapshotStep.Settled settled when settled.removeJob() ->
          seen.job().ifPresent(children::delete);
      case SnapshotStep.Settled settled -> {}
      case SnapshotStep.Refuse refuse -> {}
      case SnapshotStep.Hold hold -> {}
      case SnapshotStep.Begin begin -> {}
      case SnapshotStep.Await await -> {}
      case SnapshotStep.Watch watch -> {}
      case SnapshotStep.Retry retry -> log(snapshot, "job failed", retry.message());
      case SnapshotStep.Succeed succeed ->
          log(snapshot, "snapshot ready", "uid=" + succeed.result().uid());
      case SnapshotStep.Fail fail -> log(snapshot, "snapshot failed", fail.message());
    }
  }

  private static Optional<Duration> pause(SnapshotStep step, Instant now) {
    return switch (step) {
      // the job is created when the intent is durable, and not before
      case SnapshotStep.Begin begin -> Optional.of(Duration.ZERO);
      case SnapshotStep.Retry retry ->
          Optional.of(until(Instant.parse(retry.next().notBefore()), now));
      case SnapshotStep.Await await -> Optional.of(until(await.until(), now));
      case SnapshotStep.Settled settled ->
          Optional.ofNullable(settled.jobExpires()).map(expires -> until(expires, now));
      default -> Optional.of(RECHECK);
    };
  }

  private static Duration until(Instant time, Instant now) {
    return now.isBefore(time) ? Duration.between(now, time) : Duration.ZERO;
  }

  private static void log(VMSnapshot snapshot, String what, String detail) {
    LOG.infof(
        "%s snapshot=%s/%s vm=%s detail=%s",
        what,
        snapshot.getMetadata().getNamespace(),
        snapshot.getMetadata().getName(),
        snapshot.getSpec().vmName(),
        detail);
  }
}
