package io.vmsnap.operator.reconciler.virtualmachine;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.dependent.DirectoryClaim;
import io.vmsnap.operator.dependent.PodState;
import io.vmsnap.operator.dependent.RunnerPod;
import io.vmsnap.operator.operation.JobObservation;
import io.vmsnap.operator.operation.JobSources;
import io.vmsnap.operator.operation.News;
import io.vmsnap.operator.operation.Operation;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.polling.RunnerAnswer;
import io.vmsnap.operator.polling.RunnerClient;
import io.vmsnap.operator.polling.RunnerPolling;
import io.vmsnap.operator.reconciler.Indexes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What wakes the reconciler of machines, and the caches it looks into. */
final class MachineSources {
  /** Runners, and the jobs' too: a machine has jobs of its own. */
  private static final String PODS = Labels.MANAGED_BY + "=" + Labels.MANAGED_BY_VALUE;

  private static final String BY_CLAIM = "claim";

  private final IndexerResourceCache<VirtualMachine> machines;
  private final InformerEventSource<Pod, VirtualMachine> pods;
  private final InformerEventSource<PersistentVolumeClaim, VirtualMachine> claims;
  private final InformerEventSource<VMSnapshot, VirtualMachine> snapshots;
  private final InformerEventSource<VMSnapshotRevert, VirtualMachine> reverts;
  private final RunnerPolling runner;

  private final JobSources<VirtualMachine> jobs;

  private MachineSources(
      EventSourceContext<VirtualMachine> context, RunnerClient client, Duration interval) {
    machines = context.getPrimaryCache();
    machines.addIndexers(
        Map.of(
            BY_CLAIM,
            vm ->
                vm.getSpec() == null || vm.getSpec().directory() == null
                    ? List.of()
                    : List.of(
                        Indexes.key(vm.getMetadata().getNamespace(), DirectoryClaim.nameOf(vm)))));
    pods =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, VirtualMachine.class)
                .withName("pods")
                .withLabelSelector(PODS)
                .withSecondaryToPrimaryMapper(
                    pod -> machineOf(pod, pod.getMetadata().getLabels().get(Labels.VM_NAME)))
                .build(),
            context);
    // every claim, not ours only: a given claim carries no label of ours
    claims =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(PersistentVolumeClaim.class, VirtualMachine.class)
                .withName("claims")
                .withSecondaryToPrimaryMapper(
                    claim ->
                        machines
                            .byIndex(
                                BY_CLAIM,
                                Indexes.key(
                                    claim.getMetadata().getNamespace(),
                                    claim.getMetadata().getName()))
                            .stream()
                            .map(ResourceID::fromResource)
                            .collect(Collectors.toSet()))
                .build(),
            context);
    snapshots =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VMSnapshot.class, VirtualMachine.class)
                .withName("snapshots")
                .withSecondaryToPrimaryMapper(
                    snapshot ->
                        snapshot.getSpec() == null
                            ? Set.of()
                            : machineOf(snapshot, snapshot.getSpec().vmName()))
                .withOnUpdateFilter(News::of)
                .build(),
            context);
    snapshots.addIndexers(Map.of(Indexes.BY_VM, Indexes::machineOf));
    reverts =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VMSnapshotRevert.class, VirtualMachine.class)
                .withName("reverts")
                .withSecondaryToPrimaryMapper(
                    revert ->
                        revert.getSpec() == null
                            ? Set.of()
                            : machineOf(revert, revert.getSpec().vmName()))
                .build(),
            context);
    reverts.addIndexers(Map.of(Indexes.BY_VM, Indexes::machineOf));
    jobs = new JobSources<>(context, VirtualMachine.class, Labels.VM_NAME, pods);
    runner =
        new RunnerPolling(context, client, interval, vm -> pod(vm).filter(PodState::isRunning));
  }

  static MachineSources create(
      EventSourceContext<VirtualMachine> context, RunnerClient client, Duration interval) {
    return new MachineSources(context, client, interval);
  }

  List<EventSource<?, VirtualMachine>> all() {
    return Stream.concat(Stream.of(claims, snapshots, reverts, runner), jobs.all().stream())
        .toList();
  }

  Optional<Pod> pod(VirtualMachine vm) {
    return pods.get(new ResourceID(RunnerPod.nameOf(vm), vm.getMetadata().getNamespace()));
  }

  Optional<RunnerAnswer> answer(VirtualMachine vm) {
    return pod(vm).flatMap(pod -> runner.lastAnswer(vm, pod));
  }

  Optional<PersistentVolumeClaim> claim(VirtualMachine vm, String name) {
    return claims.get(new ResourceID(name, vm.getMetadata().getNamespace()));
  }

  List<VMSnapshot> snapshots(VirtualMachine vm) {
    return snapshots.byIndex(
        Indexes.BY_VM, Indexes.key(vm.getMetadata().getNamespace(), vm.getMetadata().getName()));
  }

  /** Of all machines: those that were asked for and have not ended. */
  List<Operation> operations() {
    return Stream.of(
            machines.list().flatMap(vm -> Operations.of(vm).stream()),
            snapshots.list().flatMap(snapshot -> Operations.of(snapshot).stream()),
            reverts.list().flatMap(revert -> Operations.of(revert).stream()))
        .flatMap(each -> each)
        .toList();
  }

  JobObservation outcome(VirtualMachine vm, Instant now) {
    return jobs.observe(vm, vm.getStatus() == null ? null : vm.getStatus().attempt(), now);
  }

  List<VMSnapshotRevert> reverts(VirtualMachine vm) {
    return reverts.byIndex(
        Indexes.BY_VM, Indexes.key(vm.getMetadata().getNamespace(), vm.getMetadata().getName()));
  }

  private static Set<ResourceID> machineOf(HasMetadata object, String name) {
    return name == null
        ? Set.of()
        : Set.of(new ResourceID(name, object.getMetadata().getNamespace()));
  }
}
