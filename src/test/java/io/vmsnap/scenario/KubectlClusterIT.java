package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Kubectl;
import io.vmsnap.harness.machine.Machine;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The examples, and what a person types. */
@ClusterTest
class KubectlClusterIT {
  @Test
  void examplesGiveAMachineAndSnapshots(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    Kubectl kubectl = new Kubectl(cluster, namespace.name());

    kubectl.output("apply", "-f", Path.of("deploy/examples/virtualmachine.yaml").toString());
    kubectl.output("wait", "--for=condition=Ready", "--timeout=180s", "vmx/web");
    kubectl.output("apply", "--server-side", "-f", "deploy/examples/vmsnapshot.yaml");
    kubectl.output("wait", "--for=condition=Ready", "--timeout=120s", "vmsnap", "--all");

    assertThat(kubectl.output("get", "vmx,vmsnap"))
        .contains("NAME", "POWER", "PoweredOn", "PHASE", "Ready", "true");
    assertThat(kubectl.output("get", "vmsnap", "-o", "wide")).contains("STUN(MS)");
    assertThat(kubectl.output("describe", "vmx", "web"))
        .contains("Current Snapshot", "PoweredOn")
        .containsPattern("Events:\\s+Type");
    assertThat(kubectl.output("explain", "vmsnap.spec.vmName")).contains("VirtualMachine");
    assertThat(kubectl.output("explain", "vmx.spec.disks.source")).contains("directory");
    Eventually.holds(
        "the guest's console is in the log",
        Machine.PATIENCE,
        () -> log(kubectl).contains("vmsnap: guest up"),
        () -> log(kubectl));
  }

  private static String log(Kubectl kubectl) throws Exception {
    return kubectl.output("logs", "-l", "vmsnap.io/component=runner", "--tail=-1");
  }
}
