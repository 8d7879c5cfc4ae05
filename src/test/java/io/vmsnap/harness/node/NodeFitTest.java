package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeFitTest {
  private final Node node =
      new NodeBuilder()
          .withNewMetadata()
          .withName("local")
          .addToLabels("kubernetes.io/hostname", "local")
          .endMetadata()
          .withNewSpec()
          .endSpec()
          .withNewStatus()
          .withAllocatable(
              Map.of(
                  "cpu", new Quantity("2"),
                  "memory", new Quantity("4Gi"),
                  "pods", new Quantity("3")))
          .endStatus()
          .build();

  @Test
  void whatFitsHasNoProblem() {
    assertThat(NodeFit.problem(pod("1500m", "1Gi"), node, List.of(pod("500m", "3Gi")))).isEmpty();
  }

  @Test
  void saysWhichResourceIsMissing() {
    assertThat(NodeFit.problem(pod("1600m", "1Gi"), node, List.of(pod("500m", "1Gi"))))
        .contains("0/1 nodes are available: 1 Insufficient cpu.");
    assertThat(NodeFit.problem(pod("1", "5Gi"), node, List.of()))
        .contains("0/1 nodes are available: 1 Insufficient memory.");
  }

  @Test
  void extendedResourcesThatTheNodeDoesNotHaveAreInsufficient() {
    Pod pod = pod("1", "1Gi");
    pod.getSpec()
        .getContainers()
        .getFirst()
        .getResources()
        .setRequests(Map.of("devices.example/kvm", new Quantity("1")));
    assertThat(NodeFit.problem(pod, node, List.of()))
        .contains("0/1 nodes are available: 1 Insufficient devices.example/kvm.");
  }

  @Test
  void countsPods() {
    List<Pod> three = List.of(pod("0", "0"), pod("0", "0"), pod("0", "0"));
    assertThat(NodeFit.problem(pod("0", "0"), node, three))
        .contains("0/1 nodes are available: 1 Insufficient pods.");
  }

  @Test
  void respectsNodeSelectorAndCordon() {
    Pod pod = pod("1", "1Gi");
    pod.getSpec().setNodeSelector(Map.of("kubernetes.io/hostname", "other"));
    assertThat(NodeFit.problem(pod, node, List.of()))
        .hasValueSatisfying(m -> assertThat(m).contains("didn't match Pod's node affinity"));
    node.getSpec().setUnschedulable(true);
    assertThat(NodeFit.problem(pod("1", "1Gi"), node, List.of()))
        .hasValueSatisfying(m -> assertThat(m).contains("unschedulable"));
  }

  @Test
  void respectsTaintsThatAreNotTolerated() {
    Node tainted =
        node.edit()
            .editSpec()
            .addNewTaint()
            .withKey("reserved")
            .withValue("x")
            .withEffect("NoSchedule")
            .endTaint()
            .endSpec()
            .build();
    Pod pod = pod("1", "1Gi");
    assertThat(NodeFit.problem(pod, tainted, List.of()))
        .hasValueSatisfying(m -> assertThat(m).contains("taint {reserved: x}"));
    Pod tolerant =
        pod.edit()
            .editSpec()
            .addNewToleration()
            .withKey("reserved")
            .withOperator("Exists")
            .endToleration()
            .endSpec()
            .build();
    assertThat(NodeFit.problem(tolerant, tainted, List.of())).isEmpty();
  }

  private static Pod pod(String cpu, String memory) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .endMetadata()
        .withNewSpec()
        .addNewContainer()
        .withName("c")
        .withNewResources()
        .withRequests(Map.of("cpu", new Quantity(cpu), "memory", new Quantity(memory)))
        .endResources()
        .endContainer()
        .endSpec()
        .build();
  }
}
