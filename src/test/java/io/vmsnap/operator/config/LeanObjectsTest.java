package io.vmsnap.operator.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.Fixtures;
import io.vmsnap.operator.dependent.RunnerPod;
import org.junit.jupiter.api.Test;

class LeanObjectsTest {
  private static final String SNAPSHOT =
      """
      apiVersion: vmsnap.io/v1alpha1
      kind: VMSnapshot
      metadata:
        name: first
        labels: {a: b}
        resourceVersion: "7"
        managedFields:
          - {manager: kubectl, operation: Apply, fieldsType: FieldsV1, fieldsV1: {"f:spec": {}}}
      spec: {vmName: web}
      """;

  @Test
  void recordOfFieldsIsLeftOutAndNothingElse() {
    ObjectMapper mapper = new ObjectMapper();
    KubernetesSerialization serialization = new KubernetesSerialization(mapper, false);
    assertThat(read(serialization).getMetadata().getManagedFields())
        .as("without the customizer")
        .hasSize(1);

    mapper = new ObjectMapper();
    new LeanObjects().customize(mapper);
    serialization = new KubernetesSerialization(mapper, false);
    VMSnapshot read = read(serialization);

    assertThat(read.getMetadata().getManagedFields()).isEmpty();
    assertThat(read.getMetadata().getAdditionalProperties()).isEmpty();
    assertThat(read.getMetadata().getLabels()).containsEntry("a", "b");
    assertThat(read.getMetadata().getResourceVersion()).isEqualTo("7");
    assertThat(serialization.asJson(read)).doesNotContain("managedFields").contains("\"a\":\"b\"");
  }

  @Test
  void whatPodsAndJobsAreMadeFromIsWrittenAndNotRead() {
    ObjectMapper mapper = new ObjectMapper();
    new LeanObjects().customize(mapper);
    KubernetesSerialization serialization = new KubernetesSerialization(mapper, false);
    VirtualMachine vm = Fixtures.machine();
    Pod pod =
        new PodBuilder(RunnerPod.desired(vm, Fixtures.CONFIG))
            .editSpec()
            .withNodeName("node-1")
            .endSpec()
            .build();
    Job job = new JobBuilder().withNewSpec().withBackoffLimit(0).endSpec().build();
    job.getSpec().setTemplate(new PodTemplateSpec(pod.getMetadata(), pod.getSpec()));

    String written = serialization.asJson(job);
    Pod readPod = serialization.unmarshal(serialization.asJson(pod), Pod.class);
    Job readJob = serialization.unmarshal(written, Job.class);

    assertThat(serialization.asJson(pod)).contains("\"containers\":[{", "\"volumes\":[{");
    assertThat(written).contains("\"template\"", "\"containers\":[{", "\"volumes\":[{");
    assertThat(readPod.getSpec().getNodeName()).isEqualTo("node-1");
    assertThat(readPod.getSpec().getContainers()).isEmpty();
    assertThat(readPod.getSpec().getVolumes()).isEmpty();
    assertThat(readPod.getSpec().getAdditionalProperties()).isEmpty();
    assertThat(readPod.getMetadata()).isEqualTo(pod.getMetadata());
    assertThat(readJob.getSpec().getBackoffLimit()).isZero();
    assertThat(readJob.getSpec().getTemplate()).isNull();
  }

  private static VMSnapshot read(KubernetesSerialization serialization) {
    return serialization.unmarshal(SNAPSHOT, VMSnapshot.class);
  }
}
