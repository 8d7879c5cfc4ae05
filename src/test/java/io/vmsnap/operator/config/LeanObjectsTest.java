package io.vmsnap.operator.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.vmsnap.api.v1alpha1.VMSnapshot;
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

  private static VMSnapshot read(KubernetesSerialization serialization) {
    return serialization.unmarshal(SNAPSHOT, VMSnapshot.class);
  }
}
