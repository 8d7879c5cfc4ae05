package io.vmsnap.operator.reconciler.vmsnapshot;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
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
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.operation.JobObservation;
import io.vmsnap.operator.operation.JobSources;
import io.vmsnap.operator.operation.News;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.reconciler.Indexes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What wakes the reconciler of snapshots, and the caches it looks into. */
final class SnapshotSources {
  private final InformerEventSource<VirtualMachine, VMSnapshot> machines;
  private final InformerEventSource<VMSnapshot, VMSnapshot> siblings;
  private final InformerEventSource<VMSnapshotRevert, VMSnapshot> reverts;
  private final JobSources<VMSnapshot> jobs;

  SnapshotSources(EventSourceContext<VMSnapshot> context) {
    IndexerResourceCache<VMSnapshot> snapshots = context.getPrimaryCache();
    snapshots.addIndexers(Map.of(Indexes.BY_VM, Indexes::machineOf));
    machines =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VirtualMachine.class, VMSnapshot.class)
                .withName("machines")
                .withSecondaryToPrimaryMapper(
                    vm ->
                        of(
                            snapshots,
                            Indexes.key(
                                vm.getMetadata().getNamespace(), vm.getMetadata().getName())))
                .withOnUpdateFilter(News::of)
                .build(),
            context);
    // A second watch of the kind itself: the end of one operation wakes the next, and the decision
    // is taken on the very cache whose event woke it. The primary cache might still be behind, and
    // status changes there wake nobody.
    siblings =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VMSnapshot.class, VMSnapshot.class)
                .withName("siblings")
                .withSecondaryToPrimaryMapper(
                    sibling ->
                        Indexes.machineOf(sibling).stream()
                            .flatMap(key -> of(snapshots, key).stream())
                            .filter(id -> !id.equals(ResourceID.fromResource(sibling)))
                            .collect(Collectors.toSet()))
                .withOnUpdateFilter(News::of)
                .build(),
            context);
    siblings.addIndexers(Map.of(Indexes.BY_VM, Indexes::machineOf));
    reverts =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VMSnapshotRevert.class, VMSnapshot.class)
                .withName("reverts")
                .withSecondaryToPrimaryMapper(
                    revert ->
                        Indexes.machineOf(revert).stream()
                            .flatMap(key -> of(snapshots, key).stream())
                            .collect(Collectors.toSet()))
                .build(),
            context);
    reverts.addIndexers(Map.of(Indexes.BY_VM, Indexes::machineOf));
    jobs = new JobSources<>(context, VMSnapshot.class, Labels.SNAPSHOT_NAME);
  }

  List<EventSource<?, VMSnapshot>> all() {
    return Stream.concat(Stream.of(machines, siblings, reverts), jobs.all().stream()).toList();
  }

  SnapshotObservation observe(VMSnapshot snapshot, Instant now) {
    Attempt attempt =
        Optional.ofNullable(snapshot.getStatus()).map(VMSnapshotStatus::attempt).orElse(null);
    Optional<Job> job = jobs.job(snapshot, attempt);
    JobObservation outcome = jobs.observe(snapshot, attempt, now);
    Optional<VirtualMachine> vm = machine(snapshot);
    List<VMSnapshot> family = siblings(snapshot);
    return new SnapshotObservation(
        VMSnapshotRules.check(snapshot),
        vm,
        family,
        Operations.of(vm, family, reverts(snapshot)),
        job,
        outcome);
  }

  private Optional<VirtualMachine> machine(VMSnapshot snapshot) {
    return snapshot.getSpec() == null || snapshot.getSpec().vmName() == null
        ? Optional.empty()
        : machines.get(
            new ResourceID(snapshot.getSpec().vmName(), snapshot.getMetadata().getNamespace()));
  }

  private List<VMSnapshot> siblings(VMSnapshot snapshot) {
    return Indexes.machineOf(snapshot).stream()
        .flatMap(key -> siblings.byIndex(Indexes.BY_VM, key).stream())
        .toList();
  }

  private List<VMSnapshotRevert> reverts(VMSnapshot snapshot) {
    return Indexes.machineOf(snapshot).stream()
        .flatMap(key -> reverts.byIndex(Indexes.BY_VM, key).stream())
        .toList();
  }

  private static Set<ResourceID> of(IndexerResourceCache<VMSnapshot> snapshots, String vm) {
    return snapshots.byIndex(Indexes.BY_VM, vm).stream()
        .map(ResourceID::fromResource)
        .collect(Collectors.toSet());
  }
}
