package io.vmsnap.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Definitions are upgraded before the operator, and stay when it is rolled back: it then meets
 * fields that it does not know. A watch that cannot read a resource ends for good, and with it all
 * work on that kind.
 */
class NewerFieldsTest {
  private final KubernetesSerialization serialization = new KubernetesSerialization();

  @Test
  void machineIsRead() {
    VirtualMachine read =
        read(
            """
            kind: VirtualMachine
            metadata: {name: web}
            spec:
              future: 1
              hardware: {cpus: 2, future: 1}
              directory: {future: 1, claimTemplate: {size: 1Gi, future: 1}}
              disks: [{name: a, size: 1Gi, future: 1}]
              snapshotPolicy: {maxDepth: 3, future: 1}
            status: {future: 1, conditions: [{type: Ready, status: "True", future: 1}]}
            """,
            VirtualMachine.class);

    assertThat(read.getSpec().hardware().cpus()).isEqualTo(2);
    assertThat(read.getSpec().directory().claimTemplate().size()).isEqualTo("1Gi");
    assertThat(read.getSpec().snapshotPolicy().maxDepth()).isEqualTo(3);
  }

  @Test
  void snapshotIsRead() {
    VMSnapshot read =
        read(
            """
            kind: VMSnapshot
            metadata: {name: one}
            spec: {vmName: web, future: 1, quiesce: {policy: None, future: 1}}
            status: {phase: Creating, future: 1, progress: {percent: 4, future: 1}, attempt: {number: 1, future: 1}}
            """,
            VMSnapshot.class);

    assertThat(read.getSpec().vmName()).isEqualTo("web");
    assertThat(read.getStatus().progress().percent()).isEqualTo(4);
  }

  @Test
  void revertIsRead() {
    VMSnapshotRevert read =
        read(
            """
            kind: VMSnapshotRevert
            metadata: {name: back}
            spec: {vmName: web, snapshotName: one, future: 1}
            status: {phase: Pending, future: 1}
            """,
            VMSnapshotRevert.class);

    assertThat(read.getSpec().snapshotName()).isEqualTo("one");
  }

  @Test
  void scheduleIsRead() {
    VMSnapshotSchedule read =
        read(
            """
            kind: VMSnapshotSchedule
            metadata: {name: nightly}
            spec:
              schedule: "@daily"
              future: 1
              selector: {future: 1, matchExpressions: [{key: a, operator: Exists, future: 1}]}
              template: {memory: true, future: 1}
              retention: {last: 2, future: 1}
            status: {kept: 3, future: 1}
            """,
            VMSnapshotSchedule.class);

    assertThat(read.getSpec().retention().last()).isEqualTo(2);
    assertThat(read.getSpec().template().memory()).isTrue();
    assertThat(read.getStatus().kept()).isEqualTo(3);
  }

  /** As a watch does: first as any resource, then as one of the kind. */
  private <T> T read(String yaml, Class<T> type) {
    Map<?, ?> any = serialization.unmarshal("apiVersion: vmsnap.io/v1alpha1\n" + yaml, Map.class);
    return serialization.convertValue(any, type);
  }
}
