package io.vmsnap.operator.dependent;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.DurationText;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Attempt;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.config.OperatorConfig;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.VmDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The job that takes a snapshot. */
public final class SnapshotJob {
  public static final String CONTAINER = "job";

  /** The job ends itself at its deadline and says so; Kubernetes kills it only if it does not. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  private SnapshotJob() {}

  /** The name says whose try it is, so that creating it twice makes one job. */
  public static String nameOf(VMSnapshot snapshot, int attempt) {
    return "vmsnap-" + snapshot.getMetadata().getUid() + "-" + attempt;
  }

  /**
   * @param node where the machine runs; null while it is powered off
   * @param remaining time from the try's beginning to the snapshot's deadline
   */
  public static Job desired(
      VMSnapshot snapshot,
      VirtualMachine vm,
      Attempt attempt,
      String node,
      Duration remaining,
      OperatorConfig config) {
    Map<String, String> labels = ChildLabels.of(vm.getMetadata().getName(), Labels.JOB);
    labels.put(Labels.SNAPSHOT_NAME, snapshot.getMetadata().getName());
    return new JobBuilder()
        .withNewMetadata()
        .withName(attempt.job())
        .withNamespace(snapshot.getMetadata().getNamespace())
        .withLabels(labels)
        .addToAnnotations(Annotations.SPEC_HASH, attempt.requestHash())
        .withOwnerReferences(PodShape.owner(snapshot))
        .endMetadata()
        .withNewSpec()
        // tries are ours: each has a Job of its own, and none begins while one may still run
        .withBackoffLimit(0)
        .withActiveDeadlineSeconds(Math.max(1, remaining.plus(GRACE).toSeconds()))
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(labels)
        .endMetadata()
        .withSpec(podSpec(snapshot, vm, node, remaining, config))
        .endTemplate()
        .endSpec()
        .build();
  }

  private static PodSpec podSpec(
      VMSnapshot snapshot,
      VirtualMachine vm,
      String node,
      Duration remaining,
      OperatorConfig config) {
    Container container =
        PodShape.container(vm, CONTAINER, List.of("vmsnap", "job", "create"), config)
            .addToEnv(
                PodShape.variable(
                    VmDefinition.ENVIRONMENT_VARIABLE,
                    TaskJson.write(VmDefinitions.of(vm, config.stopTimeout()))),
                PodShape.variable(
                    CreateSnapshotTask.ENVIRONMENT_VARIABLE,
                    TaskJson.write(task(snapshot, vm, remaining))),
                PodShape.variable("VMSNAP_TERMINATION_LOG", PodShape.TERMINATION_LOG))
            .withNewResources()
            .addToRequests("cpu", new Quantity("50m"))
            .addToRequests("memory", new Quantity("128Mi"))
            .addToLimits("memory", new Quantity("512Mi"))
            .endResources()
            .build();
    PodSpec spec = PodShape.spec(vm, container, config);
    return node == null ? spec : onNode(spec, node);
  }

  /**
   * Binds to the node through the scheduler, as DaemonSets do, so that the node's resources are
   * respected. A cordoned node still runs the machine, so its jobs go there too.
   */
  private static PodSpec onNode(PodSpec spec, String node) {
    return new PodSpecBuilder(spec)
        .withNewAffinity()
        .withNewNodeAffinity()
        .withNewRequiredDuringSchedulingIgnoredDuringExecution()
        .addNewNodeSelectorTerm()
        .addNewMatchField()
        .withKey("metadata.name")
        .withOperator("In")
        .withValues(node)
        .endMatchField()
        .endNodeSelectorTerm()
        .endRequiredDuringSchedulingIgnoredDuringExecution()
        .endNodeAffinity()
        .endAffinity()
        .addNewToleration()
        .withKey("node.kubernetes.io/unschedulable")
        .withOperator("Exists")
        .withEffect("NoSchedule")
        .endToleration()
        .build();
  }

  private static CreateSnapshotTask task(
      VMSnapshot snapshot, VirtualMachine vm, Duration remaining) {
    VMSnapshotSpec spec = snapshot.getSpec();
    return new CreateSnapshotTask(
        snapshot.getMetadata().getUid(),
        snapshot.getMetadata().getName(),
        spec.description(),
        spec.memory(),
        spec.quiesce().policy().name(),
        Math.toIntExact(DurationText.parse(spec.quiesce().timeout()).toSeconds()),
        Math.toIntExact(remaining.toSeconds()),
        vm.getSpec().snapshotPolicy().maxDepth(),
        vm.getSpec().snapshotPolicy().reservePercent());
  }
}
