package io.vmsnap.operator.reconciler.vmsnapshot;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.reconciler.Indexes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What wakes the reconciler of snapshots, and the caches it looks into. */
final class SnapshotSources {
  private static final String JOB_OBJECTS =
      Labels.MANAGED_BY + "=" + Labels.MANAGED_BY_VALUE + "," + Labels.COMPONENT + "=" + Labels.JOB;
  private static final String BY_SNAPSHOT = "snapshot";

  private final InformerEventSource<VirtualMachine, VMSnapshot> machines;
  private final InformerEventSource<VMSnapshot, VMSnapshot> siblings;
  private final InformerEventSource<Job, VMSnapshot> jobs;
  private final InformerEventSource<Pod, VMSnapshot> pods;

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
                .build(),
            context);
    siblings.addIndexers(Map.of(Indexes.BY_VM, Indexes::machineOf));
    jobs =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Job.class, VMSnapshot.class)
                .withName("jobs")
                .withLabelSelector(JOB_OBJECTS)
                .withSecondaryToPrimaryMapper(SnapshotSources::snapshotOf)
                .build(),
            context);
    pods =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, VMSnapshot.class)
                .withName("job-pods")
                .withLabelSelector(JOB_OBJECTS)
                .withSecondaryToPrimaryMapper(SnapshotSources::snapshotOf)
                .build(),
            context);
    pods.addIndexers(
        Map.of(
            BY_SNAPSHOT,
            pod ->
                snapshotOf(pod).stream()
                    .map(id -> Indexes.key(id.getNamespace().orElse(""), id.getName()))
                    .toList()));
  }

  List<EventSource<?, VMSnapshot>> all() {
    return List.of(machines, siblings, jobs, pods);
  }

  Optional<VirtualMachine> machine(VMSnapshot snapshot) {
    return snapshot.getSpec() == null || snapshot.getSpec().vmName() == null
        ? Optional.empty()
        : machines.get(
            new ResourceID(snapshot.getSpec().vmName(), snapshot.getMetadata().getNamespace()));
  }

  List<VMSnapshot> siblings(VMSnapshot snapshot) {
    return Indexes.machineOf(snapshot).stream()
        .flatMap(key -> siblings.byIndex(Indexes.BY_VM, key).stream())
        .toList();
  }

  Optional<Job> job(VMSnapshot snapshot, String name) {
    return jobs.get(new ResourceID(name, snapshot.getMetadata().getNamespace()));
  }

  /** The pods that a job made: those that it controls. */
  List<Pod> pods(VMSnapshot snapshot, Job job) {
    return pods
        .byIndex(
            BY_SNAPSHOT,
            Indexes.key(snapshot.getMetadata().getNamespace(), snapshot.getMetadata().getName()))
        .stream()
        .filter(
            pod ->
                pod.getMetadata().getOwnerReferences().stream()
                    .anyMatch(owner -> owner.getUid().equals(job.getMetadata().getUid())))
        .toList();
  }

  private static Set<ResourceID> of(IndexerResourceCache<VMSnapshot> snapshots, String vm) {
    return snapshots.byIndex(Indexes.BY_VM, vm).stream()
        .map(ResourceID::fromResource)
        .collect(Collectors.toSet());
  }

  private static Set<ResourceID> snapshotOf(HasMetadata object) {
    String name = object.getMetadata().getLabels().get(Labels.SNAPSHOT_NAME);
    return name == null
        ? Set.of()
        : Set.of(new ResourceID(name, object.getMetadata().getNamespace()));
  }
}
