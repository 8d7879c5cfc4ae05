package io.vmsnap.operator;

import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.config.OperatorConfig;
import io.vmsnap.operator.dependent.DirectoryClaim;
import io.vmsnap.operator.dependent.RunnerPod;
import io.vmsnap.operator.metric.OperationMetrics;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Resources as an API server would hand them out. */
public final class Fixtures {
  public static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  public static final OperatorConfig CONFIG = config(Map.of());

  private Fixtures() {}

  public static OperatorConfig config(Map<String, String> properties) {
    return new SmallRyeConfigBuilder()
        .withMapping(OperatorConfig.class)
        .withSources(
            new PropertiesConfigSource(
                Map.of("vmsnap.operator.image", "vmsnap:test"), "defaults", 1),
            new PropertiesConfigSource(properties, "test", 2))
        .build()
        .getConfigMapping(OperatorConfig.class);
  }

  /** Metrics that nobody reads. */
  public static OperationMetrics metrics() {
    return new OperationMetrics(new SimpleMeterRegistry());
  }

  public static VirtualMachine machine(String extraSpec) {
    return Serialization.unmarshal(
        """
        apiVersion: vmsnap.io/v1alpha1
        kind: VirtualMachine
        metadata: {name: web, namespace: demo, uid: 11111111-2222-3333-4444-555555555555, generation: 3}
        spec:
          directory: {claimTemplate: {size: 5Gi}}
          disks: [{name: data, size: 1Gi}]
        """
            + extraSpec.indent(2),
        VirtualMachine.class);
  }

  public static VirtualMachine machine() {
    return machine("");
  }

  public static PersistentVolumeClaim claim(VirtualMachine vm) {
    return DirectoryClaim.desired(vm);
  }

  /** The machine's pod, in a phase. */
  public static Pod pod(VirtualMachine vm, String phase) {
    return new PodBuilder(RunnerPod.desired(vm, CONFIG))
        .editMetadata()
        .withUid("pod-1")
        .withResourceVersion("7")
        .endMetadata()
        .editSpec()
        .withNodeName("node-1")
        .endSpec()
        .withNewStatus()
        .withPhase(phase)
        .withPodIP("10.0.0.7")
        .endStatus()
        .build();
  }

  public static VMSnapshot snapshot(String name, String created) {
    return Serialization.unmarshal(
        """
        apiVersion: vmsnap.io/v1alpha1
        kind: VMSnapshot
        metadata: {name: %s, namespace: demo, uid: uid-of-%s, generation: 1, creationTimestamp: "%s"}
        spec: {vmName: web, description: before}
        """
            .formatted(name, name, created),
        VMSnapshot.class);
  }

  public static VMSnapshot withPhase(VMSnapshot snapshot, VMSnapshotStatus.Phase phase) {
    return withStatus(
        snapshot,
        "{\"phase\":\"" + phase + "\",\"readyToUse\":" + phase.name().equals("Ready") + "}");
  }

  public static VMSnapshot withStatus(VMSnapshot snapshot, String json) {
    snapshot.setStatus(Serialization.unmarshal(json, VMSnapshotStatus.class));
    return snapshot;
  }

  public static VMSnapshotRevert revert(String name, String created, String extraSpec) {
    return Serialization.unmarshal(
        """
        apiVersion: vmsnap.io/v1alpha1
        kind: VMSnapshotRevert
        metadata: {name: %s, namespace: demo, uid: uid-of-%s, generation: 1, creationTimestamp: "%s", resourceVersion: "40"}
        spec: {vmName: web, snapshotName: first %s}
        """
            .formatted(name, name, created, extraSpec),
        VMSnapshotRevert.class);
  }

  /** A snapshot with the metadata that the operator adds. */
  public static VMSnapshot complete(VMSnapshot snapshot) {
    snapshot.getMetadata().setLabels(Map.of(Labels.VM_NAME, "web"));
    snapshot
        .getMetadata()
        .setOwnerReferences(
            List.of(
                new OwnerReferenceBuilder()
                    .withApiVersion("vmsnap.io/v1alpha1")
                    .withKind("VirtualMachine")
                    .withName("web")
                    .withUid(machine().getMetadata().getUid())
                    .build()));
    return snapshot;
  }

  /** A snapshot that is in the directory. */
  public static VMSnapshot ready(String name, String created, long uid, Long parentUid) {
    return withStatus(
        snapshot(name, created),
        "{\"phase\":\"Ready\",\"readyToUse\":true,\"description\":\"before\",\"uid\":"
            + uid
            + ",\"parentUid\":"
            + parentUid
            + "}");
  }

  /** A machine whose status says that its guest runs. */
  public static VirtualMachine running() {
    VirtualMachine vm = machine();
    vm.setStatus(
        Serialization.unmarshal(
            """
            observedGeneration: 3
            powerState: PoweredOn
            pod: web-runner
            node: node-1
            directory: {claimName: web-directory}
            conditions:
            - {type: Ready, status: "True", reason: Running, message: The guest runs,
               lastTransitionTime: "2026-03-01T09:00:00Z", observedGeneration: 3}
            """,
            VirtualMachineStatus.class));
    return vm;
  }

  public static <T> List<T> none() {
    return List.of();
  }
}
