package io.vmsnap.operator.reconciler.vmsnapshot;

import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.vmsnap.api.v1alpha1.Finalizers;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.config.OperatorConfig;
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
 * Sees to it that each VMSnapshot is taken once, in its turn, or says why not; and that it is out
 * of the directory before its resource goes.
 */
@GradualRetry(maxAttempts = Retries.ENDLESS, initialInterval = 500, maxInterval = 60_000)
@ControllerConfiguration(
    name = "vmsnapshot",
    finalizerName = Finalizers.CONSOLIDATE,
    // annotations matter too, and they do not raise the generation
    generationAwareEventProcessing = false)
public class VMSnapshotReconciler implements Reconciler<VMSnapshot>, Cleaner<VMSnapshot> {
  private static final Logger LOG = Logger.getLogger(VMSnapshotReconciler.class);

  /** Looks again at a wait whose end no event told of. */
  private static final Duration RECHECK = Duration.ofSeconds(30);

  private final Clock clock;
  private final SnapshotEvents events;
  private final OperationMetrics metrics;
  private final SnapshotDecision decision;
  private final DeletionDecision deletion;
  private final SnapshotActs acts;
  private SnapshotSources sources;

  public VMSnapshotReconciler(
      OperatorConfig config, Events events, OperationMetrics metrics, Clock clock) {
    this.clock = clock;
    this.metrics = metrics;
    this.events = new SnapshotEvents(events);
    this.decision = new SnapshotDecision(config.jobAttempts(), config.jobTtl());
    this.deletion = new DeletionDecision(decision);
    this.acts = new SnapshotActs(config, decision);
  }

  @Override
  public List<EventSource<?, VMSnapshot>> prepareEventSources(
      EventSourceContext<VMSnapshot> context) {
    sources = new SnapshotSources(context);
    return sources.all();
  }

  @Override
  public UpdateControl<VMSnapshot> reconcile(VMSnapshot snapshot, Context<VMSnapshot> context) {
    return LogScope.about(
        snapshot,
        () ->
            StatusUpdate.write(
                context,
                reconcile(
                    snapshot,
                    sources.observe(snapshot, clock.instant()),
                    new ContextChildren(context))));
  }

  @Override
  public DeleteControl cleanup(VMSnapshot snapshot, Context<VMSnapshot> context) {
    return LogScope.about(snapshot, () -> delete(snapshot, context));
  }

  private DeleteControl delete(VMSnapshot snapshot, Context<VMSnapshot> context) {
    SnapshotObservation seen = sources.observe(snapshot, clock.instant());
    if (deletion.decide(snapshot, seen, clock.instant()) instanceof SnapshotStep.Release release) {
      log(snapshot, "resource let go", release.why());
      return DeleteControl.defaultDelete();
    }
    UpdateControl<VMSnapshot> control =
        StatusUpdate.write(context, reconcile(snapshot, seen, new ContextChildren(context)));
    DeleteControl wait = DeleteControl.noFinalizerRemoval();
    return control.getScheduleDelay().map(wait::rescheduleAfter).orElse(wait);
  }

  UpdateControl<VMSnapshot> reconcile(
      VMSnapshot snapshot, SnapshotObservation seen, Children children) {
    Instant now = clock.instant();
    boolean deleting = snapshot.getMetadata().getDeletionTimestamp() != null;
    if (!deleting && mustComplete(snapshot, seen.vm())) {
      children.apply(SnapshotMetadata.desired(snapshot, seen.vm().get()));
      return UpdateControl.<VMSnapshot>noUpdate().rescheduleAfter(Duration.ZERO);
    }
    SnapshotStep step =
        deleting ? deletion.decide(snapshot, seen, now) : decision.decide(snapshot, seen, now);
    acts.act(snapshot, seen, step, children);
    VMSnapshotStatus status = SnapshotStatusFactory.create(snapshot, seen, step, now);
    UpdateControl<VMSnapshot> control = StatusUpdate.of(snapshot, status, VMSnapshot::new);
    events.tell(snapshot, step);
    if (step instanceof SnapshotStep.Work work) {
      metrics.observe(snapshot.getStatus().attempt(), work.job());
    }
    return pause(step, now).map(control::rescheduleAfter).orElse(control);
  }

  /** The first status comes first: it keeps the resource version that decides who came first. */
  private static boolean mustComplete(VMSnapshot snapshot, Optional<VirtualMachine> vm) {
    return snapshot.getStatus() != null
        && vm.filter(machine -> machine.getMetadata().getDeletionTimestamp() == null)
            .filter(machine -> !SnapshotMetadata.isComplete(snapshot, machine))
            .isPresent();
  }

  private static Optional<Duration> pause(SnapshotStep step, Instant now) {
    return switch (step) {
      // the job is created when the intent is durable, and not before
      case SnapshotStep.Begin begin -> Optional.of(Duration.ZERO);
      case SnapshotStep.Work work ->
          switch (work.job()) {
            case JobStep.Retry retry ->
                Optional.of(until(Instant.parse(retry.next().notBefore()), now));
            case JobStep.Await await -> Optional.of(until(await.until(), now));
            case JobStep.Done done -> Optional.of(Duration.ZERO);
            case JobStep.Start start -> Optional.of(RECHECK);
            case JobStep.Watch watch -> Optional.of(RECHECK);
            case JobStep.Fail fail -> Optional.of(RECHECK);
          };
      case SnapshotStep.Settled settled ->
          Optional.ofNullable(settled.jobExpires()).map(expires -> until(expires, now));
      case SnapshotStep.Pause paused -> Optional.of(until(paused.until(), now));
      case SnapshotStep.Linger linger -> Optional.of(until(linger.until(), now));
      case SnapshotStep.Refuse refuse -> Optional.of(RECHECK);
      case SnapshotStep.Hold hold -> Optional.of(RECHECK);
      case SnapshotStep.Refused refused -> Optional.empty();
      case SnapshotStep.Import found -> Optional.empty();
      case SnapshotStep.Release release -> Optional.of(Duration.ZERO);
    };
  }

  private static Duration until(Instant time, Instant now) {
    return now.isBefore(time) ? Duration.between(now, time) : Duration.ZERO;
  }

  private static void log(VMSnapshot snapshot, String what, String detail) {
    SnapshotActs.log(LOG, snapshot, what, detail);
  }
}
