package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.reconciler.Indexes;
import io.vmsnap.operator.status.Violation;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What wakes the reconciler of schedules, and the caches it looks into. */
final class ScheduleSources {
  /** Not "namespace": caches have an index of that name themselves. */
  private static final String BY_NAMESPACE = "in-namespace";

  private static final String BY_SCHEDULE = "schedule";

  private final InformerEventSource<VirtualMachine, VMSnapshotSchedule> machines;
  private final InformerEventSource<VMSnapshot, VMSnapshotSchedule> snapshots;

  ScheduleSources(EventSourceContext<VMSnapshotSchedule> context) {
    IndexerResourceCache<VMSnapshotSchedule> schedules = context.getPrimaryCache();
    schedules.addIndexers(
        Map.of(BY_NAMESPACE, schedule -> List.of(schedule.getMetadata().getNamespace())));
    machines =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VirtualMachine.class, VMSnapshotSchedule.class)
                .withName("machines")
                .withSecondaryToPrimaryMapper(vm -> of(schedules, vm.getMetadata().getNamespace()))
                // a machine's status changes all the time; a schedule reads its labels
                .withOnUpdateFilter(
                    (vm, old) ->
                        !Objects.equals(
                            vm.getMetadata().getLabels(), old.getMetadata().getLabels()))
                .build(),
            context);
    machines.addIndexers(Map.of(BY_NAMESPACE, vm -> List.of(vm.getMetadata().getNamespace())));
    snapshots =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(VMSnapshot.class, VMSnapshotSchedule.class)
                .withName("snapshots")
                .withLabelSelector(Labels.SCHEDULE_NAME)
                .withSecondaryToPrimaryMapper(
                    snapshot ->
                        schedule(snapshot)
                            .map(
                                name ->
                                    Set.of(
                                        new ResourceID(
                                            name, snapshot.getMetadata().getNamespace())))
                            .orElse(Set.of()))
                .withOnUpdateFilter(
                    (snapshot, old) ->
                        !Objects.equals(phase(snapshot), phase(old))
                            || !Objects.equals(schedule(snapshot), schedule(old)))
                .build(),
            context);
    snapshots.addIndexers(
        Map.of(
            BY_SCHEDULE,
            snapshot ->
                schedule(snapshot)
                    .map(name -> List.of(Indexes.key(snapshot.getMetadata().getNamespace(), name)))
                    .orElse(List.of())));
  }

  List<EventSource<?, VMSnapshotSchedule>> all() {
    return List.of(machines, snapshots);
  }

  ScheduleObservation observe(VMSnapshotSchedule schedule) {
    String namespace = schedule.getMetadata().getNamespace();
    List<Violation> violations = VMSnapshotScheduleRules.check(schedule);
    return new ScheduleObservation(
        violations,
        violations.isEmpty()
            ? selected(schedule, machines.byIndex(BY_NAMESPACE, namespace))
            : List.of(),
        snapshots.byIndex(BY_SCHEDULE, Indexes.key(namespace, schedule.getMetadata().getName())));
  }

  static List<VirtualMachine> selected(VMSnapshotSchedule schedule, List<VirtualMachine> all) {
    return all.stream()
        .filter(vm -> vm.getMetadata().getDeletionTimestamp() == null)
        .filter(vm -> schedule.getSpec().selector().matches(vm.getMetadata().getLabels()))
        .toList();
  }

  private static Optional<String> schedule(VMSnapshot snapshot) {
    return Optional.ofNullable(snapshot.getMetadata().getLabels())
        .map(labels -> labels.get(Labels.SCHEDULE_NAME));
  }

  private static VMSnapshotStatus.Phase phase(VMSnapshot snapshot) {
    return ScheduleObservation.phase(snapshot);
  }

  private static Set<ResourceID> of(
      IndexerResourceCache<VMSnapshotSchedule> schedules, String namespace) {
    return schedules.byIndex(BY_NAMESPACE, namespace).stream()
        .map(ResourceID::fromResource)
        .collect(Collectors.toSet());
  }
}
