package io.vmsnap.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.harness.tool.Tool;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The overlays, as kubectl's kustomize builds them. */
class KustomizationTest {
  @Test
  void kvmNamesTheResourceAndKeepsTheRest() throws Exception {
    Deployment base = deployment(build("deploy/base"));
    Deployment overlay = deployment(build("deploy/overlays/kvm"));

    assertThat(variables(overlay))
        .containsAll(variables(base))
        .contains("VMSNAP_OPERATOR_KVM_RESOURCE=devices.kubevirt.io/kvm");
  }

  @Test
  void monitoringAddsMonitorsAndAStandby() throws Exception {
    List<HasMetadata> objects = build("deploy/overlays/monitoring");

    assertThat(deployment(objects).getSpec().getReplicas()).isEqualTo(2);
    assertThat(objects)
        .extracting(HasMetadata::getKind)
        .contains("ServiceMonitor", "PodMonitor")
        .hasSize(build("deploy/base").size() + 2);
  }

  private static List<HasMetadata> build(String directory) throws Exception {
    String text = Tool.of(List.of("kubectl", "kustomize", directory)).output();
    return Arrays.stream(text.split("(?m)^---$"))
        .map(Serialization::<HasMetadata>unmarshal)
        .toList();
  }

  private static Deployment deployment(List<HasMetadata> objects) {
    return objects.stream()
        .filter(Deployment.class::isInstance)
        .map(Deployment.class::cast)
        .findFirst()
        .orElseThrow();
  }

  private static List<String> variables(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getEnv().stream()
        .map(variable -> variable.getName() + "=" + variable.getValue())
        .toList();
  }
}
