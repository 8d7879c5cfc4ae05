package io.vmsnap.operator.reconciler.virtualmachine;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.vmsnap.api.v1alpha1.EventReason;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.config.OperatorConfig;
import io.vmsnap.operator.dependent.DirectoryClaim;
import io.vmsnap.operator.dependent.OperationJob;
import io.vmsnap.operator.dependent.PodState;
import io.vmsnap.operator.dependent.RunnerPod;
import io.vmsnap.operator.event.Events;
import io.vmsnap.operator.log.LogScope;
import io.vmsnap.operator.metric.OperationMetrics;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.operation.MachineRequest;
import io.vmsnap.operator.polling.RunnerClient;
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

/** Keeps one claim and at most one pod for each VirtualMachine. */
@GradualRetry(maxAttempts = Retries.ENDLESS, initialInterval = 500, maxInterval = 60_000)
@ControllerConfiguration(name = "virtualmachine", generationAwareEventProcessing = false)
public class VirtualMachineReconciler implements Reconciler<VirtualMachine> {
  private static final Logger LOG = Logger.getLogger(VirtualMachineReconciler.class);

  /** Looks again at what no event may tell of, such as a namespace's quota. */
  private static final Duration RECHECK = Duration.ofMinutes(1);

  /** For an operation of the machine's own whose turn has not come. */
  private static final Duration SOON = Duration.ofSeconds(2);

  private final OperatorConfig config;
  private final RunnerClient runners;
  private final Events events;
  private final OperationMetrics metrics;
  private final Clock clock;
  private final MachineEvents machineEvents;
  private final SizePace sizes;
  private MachineSources sources;

  public VirtualMachineReconciler(
      OperatorConfig config,
      RunnerClient runners,
      Events events,
      OperationMetrics metrics,
      Clock clock) {
    this.config = config;
    this.runners = runners;
    this.events = events;
    this.metrics = metrics;
    this.clock = clock;
    this.machineEvents = new MachineEvents(events);
    this.sizes = new SizePace(config.pollInterval());
  }

  @Override
  public List<EventSource<?, VirtualMachine>> prepareEventSources(
      EventSourceContext<VirtualMachine> context) {
    sources = MachineSources.create(context, runners, config.pollInterval());
    metrics.watch(sources::operations);
    return sources.all();
  }

  @Override
  public UpdateControl<VirtualMachine> reconcile(
      VirtualMachine vm, Context<VirtualMachine> context) {
    return LogScope.about(
        vm,
        () ->
            StatusUpdate.write(context, reconcile(vm, observe(vm), new ContextChildren(context))));
  }

  UpdateControl<VirtualMachine> reconcile(
      VirtualMachine vm, MachineObservation seen, Children children) {
    Instant now = clock.instant();
    MachineStep step = MachineDecision.decide(vm, seen, now);
    // an exit is counted in the status before its pod, the only witness, is deleted
    step = act(vm, step, children);
    VirtualMachineStatus status =
        isNotAskedAgainYet(vm, seen, step)
            ? vm.getStatus()
            : MachineStatusFactory.create(vm, seen, step, specHash(step, vm), now);
    machineEvents.tell(vm, step, status);
    if (step instanceof MachineStep.Work work) {
      metrics.observe(vm.getStatus().attempt(), work.job());
    }
    Duration pause = pause(vm, step, now);
    String uid = vm.getMetadata().getUid();
    Duration rest = sizes.rest(uid, vm.getStatus(), status, now);
    if (!rest.isZero()) {
      boolean isSooner = rest.compareTo(pause) < 0 && !status.equals(vm.getStatus());
      return UpdateControl.<VirtualMachine>noUpdate().rescheduleAfter(isSooner ? rest : pause);
    }
    UpdateControl<VirtualMachine> control = StatusUpdate.of(vm, status, VirtualMachine::new);
    if (!control.isNoUpdate()) {
      sizes.written(uid, now);
    }
    return control.rescheduleAfter(pause);
  }

  private MachineObservation observe(VirtualMachine vm) {
    return new MachineObservation(
        VirtualMachineRules.check(vm),
        vm.getSpec() == null || vm.getSpec().directory() == null
            ? Optional.empty()
            : sources.claim(vm, DirectoryClaim.nameOf(vm)),
        sources.pod(vm),
        sources.answer(vm),
        sources.snapshots(vm),
        sources.reverts(vm),
        sources.outcome(vm, clock.instant()));
  }

  /** Does what was decided; where the API server refuses, the refusal is the new step. */
  private MachineStep act(VirtualMachine vm, MachineStep step, Children children) {
    try {
      switch (step) {
        case MachineStep.ApplyClaim apply -> children.apply(DirectoryClaim.desired(vm));
        case MachineStep.StartPod start -> {
          Pod pod = RunnerPod.desired(vm, config);
          children.apply(pod);
          LOG.infof("pod created %s pod=%s", key(vm), pod.getMetadata().getName());
          events.normal(vm, EventReason.PodCreated, "Created pod " + pod.getMetadata().getName());
        }
        case MachineStep.StopPod stop -> {
          LOG.infof("pod deleted %s reason=PoweredOff", key(vm));
          children.delete(stop.pod());
        }
        case MachineStep.RemoveEndedPod remove -> {
          LOG.infof("pod deleted %s reason=RunnerExited", key(vm));
          children.delete(remove.pod());
        }
        case MachineStep.Work(OperationKind kind, JobStep.Start start, MachineStep beside) -> {
          children.apply(
              OperationJob.desired(MachineOperations.request(vm, start.attempt()), config));
          LOG.infof("job created %s job=%s", key(vm), start.attempt().job());
        }
        case MachineStep.Work work -> {}
        case MachineStep.Begin begin -> {}
        case MachineStep.Refuse refuse -> {}
        case MachineStep.Hold hold -> {}
        case MachineStep.AwaitRestart wait -> {}
        case MachineStep.CountExit exit -> {}
        case MachineStep.AwaitStop wait -> {}
        case MachineStep.Watch watch -> {}
        case MachineStep.Rest rest -> {}
      }
      return step;
    } catch (KubernetesClientException e) {
      return MachineRefusal.from(e);
    }
  }

  /**
   * Whether an earlier operator wrote what this pod's runner said, and this one is about to ask it:
   * a restart must not write every machine's status twice, nor call all of them not ready.
   */
  private static boolean isNotAskedAgainYet(
      VirtualMachine vm, MachineObservation seen, MachineStep step) {
    VirtualMachineStatus before = vm.getStatus();
    return step instanceof MachineStep.Watch(Pod pod)
        && PodState.isRunning(pod)
        && seen.answer().isEmpty()
        && before != null
        && before.accelerator() != null
        && pod.getMetadata().getName().equals(before.pod())
        && pod.getStatus().getPodIP().equals(before.podIP())
        && vm.getMetadata().getGeneration().equals(before.observedGeneration());
  }

  private String specHash(MachineStep step, VirtualMachine vm) {
    return step instanceof MachineStep.Refuse ? null : RunnerPod.hash(vm, config);
  }

  private static Duration pause(VirtualMachine vm, MachineStep step, Instant now) {
    return switch (step) {
      case MachineStep.Begin begin -> Duration.ZERO;
      case MachineStep.Work(OperationKind kind, JobStep.Retry retry, MachineStep beside) ->
          Duration.between(now, Instant.parse(retry.next().notBefore()));
      case MachineStep.Work(OperationKind kind, JobStep.Await await, MachineStep beside) -> SOON;
      case MachineStep.Work work -> RECHECK;
      case MachineStep.Watch watch when MachineRequest.open(vm).isPresent() -> SOON;
      case MachineStep.CountExit exit -> Duration.ZERO;
      case MachineStep.AwaitRestart wait -> Duration.between(now, wait.notBefore());
      default -> RECHECK;
    };
  }

  private static String key(VirtualMachine vm) {
    return "vm=" + vm.getMetadata().getNamespace() + "/" + vm.getMetadata().getName();
  }
}
