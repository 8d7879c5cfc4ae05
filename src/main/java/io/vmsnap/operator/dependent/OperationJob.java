package io.vmsnap.operator.dependent;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.log.LogFields;
import io.vmsnap.operator.config.OperatorConfig;
import io.vmsnap.operator.log.LogSubject;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.VmDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The job that does one operation on a machine's directory. */
public final class OperationJob {
  public static final String CONTAINER = "job";

  /** The job ends itself at its deadline and says so; Kubernetes kills it only if it does not. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  private OperationJob() {}

  /**
   * @param owner the resource that asks for the operation
   * @param task the record that tells the job what to do
   * @param remaining time from the try's beginning to the operation's deadline
   */
  public record Request(
      CustomResource<?, ?> owner,
      VirtualMachine vm,
      Attempt attempt,
      Object task,
      Duration remaining) {
    /** Where the machine runs; null while it is powered off. */
    String node() {
      return vm.getStatus() == null ? null : vm.getStatus().node();
    }
  }

  public static Job desired(Request request, OperatorConfig config) {
    Attempt attempt = request.attempt();
    Map<String, String> labels = ChildLabels.of(request.vm().getMetadata().getName(), Labels.JOB);
    switch (request.owner()) {
      case VMSnapshot snapshot ->
          labels.put(Labels.SNAPSHOT_NAME, snapshot.getMetadata().getName());
      case VMSnapshotRevert revert ->
          labels.put(Labels.REVERT_NAME, revert.getMetadata().getName());
      default -> {
        // the machine's own; its label is there already
      }
    }
    return new JobBuilder()
        .withNewMetadata()
        .withName(attempt.job())
        .withNamespace(request.owner().getMetadata().getNamespace())
        .withLabels(labels)
        .addToAnnotations(Annotations.SPEC_HASH, attempt.requestHash())
        .withOwnerReferences(PodShape.owner(request.owner()))
        .endMetadata()
        .withNewSpec()
        // tries are ours: each has a Job of its own, and none begins while one may still run
        .withBackoffLimit(0)
        .withActiveDeadlineSeconds(Math.max(1, request.remaining().plus(GRACE).toSeconds()))
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(labels)
        .endMetadata()
        .withSpec(podSpec(request, config))
        .endTemplate()
        .endSpec()
        .build();
  }

  private static PodSpec podSpec(Request request, OperatorConfig config) {
    VirtualMachine vm = request.vm();
    String command = request.attempt().operation().name().toLowerCase(Locale.ROOT);
    Container container =
        PodShape.container(vm, CONTAINER, List.of("vmsnap", "job", command), config)
            .addToEnv(
                PodShape.variable(
                    VmDefinition.ENVIRONMENT_VARIABLE,
                    TaskJson.write(VmDefinitions.of(vm, config.stopTimeout()))),
                PodShape.variable(
                    CreateSnapshotTask.ENVIRONMENT_VARIABLE, TaskJson.write(request.task())),
                PodShape.variable("VMSNAP_TERMINATION_LOG", PodShape.TERMINATION_LOG))
            .addAllToEnv(PodShape.log(logFields(request), config))
            .withNewResources()
            .addToRequests("cpu", new Quantity("50m"))
            .addToRequests("memory", new Quantity("128Mi"))
            .addToLimits("memory", new Quantity("512Mi"))
            .endResources()
            .build();
    PodSpec spec = PodShape.spec(vm, container, config);
    return request.node() == null ? spec : onNode(spec, request.node());
  }

  /** The machine and the operation, whoever asks for it; of a revert also the snapshot. */
  private static LogFields logFields(Request request) {
    return LogSubject.of(request.owner())
        .with(LogFields.VM, request.vm().getMetadata().getName())
        .with(LogFields.OPERATION, request.attempt().operation().name());
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
}
