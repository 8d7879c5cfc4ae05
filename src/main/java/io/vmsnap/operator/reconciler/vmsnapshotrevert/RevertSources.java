package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.operation.JobSources;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.reconciler.Indexes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What wakes the reconciler of reverts, and the caches it looks into. */
final class RevertSources {
  private final InformerEventSource<VirtualMachine, VMSnapshotRevert> machines;
  private final InformerEventSource<VMSnapshot, VMSnapshotRevert> snapshots;
  private final InformerEventSource<VMSnapshotRevert, VMSnapshotRevert> siblings;
  private final JobSources<VMSnapshotRevert> jobs;

  RevertSources(EventSourceContext<VMSnapshotRevert> context) {
    IndexerResourceCache<VMSnapshotRevert> reverts = context.getPrimaryCache();
    reverts.addIndexers(Map.of(Indexes.BY_VM, Indexes::machineOf));
    machines =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VirtualMachine.class, VMSnapshotRevert.class)
                .withName("machines")
                .withSecondaryToPrimaryMapper(
                    vm ->
                        of(
                            reverts,
                            Indexes.key(
                                vm.getMetadata().getNamespace(), vm.getMetadata().getName())))
                .build(),
            context);
    snapshots =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VMSnapshot.class, VMSnapshotRevert.class)
                .withName("snapshots")
                .withSecondaryToPrimaryMapper(
                    snapshot ->
                        Indexes.machineOf(snapshot).stream()
                            .flatMap(key -> of(reverts, key).stream())
                            .collect(Collectors.toSet()))
                .build(),
            context);
    snapshots.addIndexers(Map.of(Indexes.BY_VM, Indexes::machineOf));
    // a second watch of the kind itself, as for snapshots: the end of one wakes the next
    siblings =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VMSnapshotRevert.class, VMSnapshotRevert.class)
                .withName("siblings")
                .withSecondaryToPrimaryMapper(
                    sibling ->
                        Indexes.machineOf(sibling).stream()
                            .flatMap(key -> of(reverts, key).stream())
                            .filter(id -> !id.equals(ResourceID.fromResource(sibling)))
                            .collect(Collectors.toSet()))
                .build(),
            context);
    siblings.addIndexers(Map.of(Indexes.BY_VM, Indexes::machineOf));
    jobs = new JobSources<>(context, VMSnapshotRevert.class, Labels.REVERT_NAME);
  }

  List<EventSource<?, VMSnapshotRevert>> all() {
    return Stream.concat(Stream.of(machines, snapshots, siblings), jobs.all().stream()).toList();
  }

  RevertObservation observe(VMSnapshotRevert revert, Instant now) {
    Attempt attempt =
        Optional.ofNullable(revert.getStatus()).map(VMSnapshotRevertStatus::attempt).orElse(null);
    Optional<VirtualMachine> vm = machine(revert);
    List<VMSnapshot> found =
        Indexes.machineOf(revert).stream()
            .flatMap(key -> snapshots.byIndex(Indexes.BY_VM, key).stream())
            .toList();
    List<VMSnapshotRevert> others =
        Indexes.machineOf(revert).stream()
            .flatMap(key -> siblings.byIndex(Indexes.BY_VM, key).stream())
            .toList();
    return new RevertObservation(
        VMSnapshotRevertRules.check(revert),
        vm,
        found,
        Operations.of(vm, found, others),
        jobs.job(revert, attempt),
        jobs.observe(revert, attempt, now));
  }

  private Optional<VirtualMachine> machine(VMSnapshotRevert revert) {
    return revert.getSpec() == null || revert.getSpec().vmName() == null
        ? Optional.empty()
        : machines.get(
            new ResourceID(revert.getSpec().vmName(), revert.getMetadata().getNamespace()));
  }

  private static Set<ResourceID> of(IndexerResourceCache<VMSnapshotRevert> reverts, String vm) {
    return reverts.byIndex(Indexes.BY_VM, vm).stream()
        .map(ResourceID::fromResource)
        .collect(Collectors.toSet());
  }
}
