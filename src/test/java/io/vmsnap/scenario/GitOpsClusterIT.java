package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Kstatus;
import io.vmsnap.harness.machine.Kubectl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tools that keep a cluster as Git says rely on. */
@ClusterTest
class GitOpsClusterIT {
  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final String KINDS = "vmx,vmsnap.vmsnap.io,vmrevert,vmsched";

  /** Since 1.22 an apply that changes nothing writes nothing; before it noted its own time. */
  private static final int QUIET_APPLY = 22;

  @TempDir Path folder;
  private Kubectl kubectl;

  @Test
  void examplesConvergeFromTheLastToTheFirstAndStay(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    kubectl = new Kubectl(cluster, namespace.name());
    List<Path> backwards = new ArrayList<>(examples());
    backwards.sort(Comparator.reverseOrder());
    boolean quiet =
        Integer.parseInt(
                cluster.client().getKubernetesVersion().getMinor().replaceAll("[^0-9]", ""))
            >= QUIET_APPLY;

    for (Path example : backwards) {
      apply(example);
    }
    Map<String, Kstatus> all =
        Map.of(
            "VirtualMachine/web", Kstatus.Current,
            // waits for its claim, which somebody fills from a datastore; AdoptClusterIT does
            "VirtualMachine/old-server", Kstatus.InProgress,
            "VMSnapshot/before-upgrade", Kstatus.Current,
            "VMSnapshot/upgraded", Kstatus.Current,
            "VMSnapshotRevert/undo-upgrade", Kstatus.Current,
            "VMSnapshotSchedule/nightly", Kstatus.Current);
    awaitStatus(all);

    // the machine's last status may still come while the first round is applied
    Eventually.holds(
        "applying again changes nothing",
        LIMIT,
        () -> {
          List<JsonNode> before = resources(quiet);
          for (Path example : examples()) {
            apply(example);
          }
          return before.equals(resources(quiet));
        },
        () -> "something changes each time");
    awaitStatus(all);

    // and deleted with the machine first
    kubectl.output("delete", "vmx", "--all", "--timeout=120s");
    kubectl.output("delete", "vmsnap.vmsnap.io,vmrevert,vmsched", "--all", "--timeout=120s");
  }

  @Test
  void waitingIsToldFromBeingStuck(Cluster cluster, ClusterNamespace namespace) throws Exception {
    kubectl = new Kubectl(cluster, namespace.name());
    Path manifest =
        Files.writeString(
            folder.resolve("manifest.yaml"),
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: taken-directory}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            ---
            apiVersion: vmsnap.io/v1alpha1
            kind: VirtualMachine
            metadata: {name: taken}
            spec:
              powerState: PoweredOff
              directory: {claimTemplate: {size: 1Gi}}
              disks: [{name: data, size: 64Mi}]
            ---
            apiVersion: vmsnap.io/v1alpha1
            kind: VirtualMachine
            metadata: {name: waits}
            spec:
              powerState: PoweredOff
              directory: {claimName: comes-later}
              disks: [{name: data, size: 64Mi}]
            ---
            apiVersion: vmsnap.io/v1alpha1
            kind: VMSnapshot
            metadata: {name: early}
            spec: {vmName: comes-later}
            """);

    apply(manifest);

    awaitStatus(
        Map.of(
            "VirtualMachine/taken", Kstatus.Failed,
            "VirtualMachine/waits", Kstatus.InProgress,
            "VMSnapshot/early", Kstatus.InProgress));
  }

  private static List<Path> examples() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("deploy", "examples"))) {
      List<Path> found = files.sorted().toList();
      assertThat(found).isNotEmpty();
      return found;
    }
  }

  private void apply(Path manifest) throws Exception {
    kubectl.output("apply", "--server-side", "-f", manifest.toString());
  }

  private void awaitStatus(Map<String, Kstatus> wanted) throws Exception {
    Eventually.holds(
        "kstatus " + wanted, LIMIT, () -> status().equals(wanted), () -> "but " + told());
  }

  private String told() {
    try {
      return status().toString();
    } catch (Exception e) {
      return e.toString();
    }
  }

  private Map<String, Kstatus> status() throws Exception {
    Map<String, Kstatus> found = new TreeMap<>();
    for (JsonNode resource : resources(true)) {
      found.put(
          resource.path("kind").asText() + "/" + resource.at("/metadata/name").asText(),
          Kstatus.of(resource));
    }
    return found;
  }

  /**
   * @param withVersion whether the resource version counts: it changes with every write
   */
  private List<JsonNode> resources(boolean withVersion) throws Exception {
    List<JsonNode> found = new ArrayList<>();
    JsonNode items =
        Serialization.jsonMapper()
            .readTree(kubectl.output("get", KINDS, "--output=json"))
            .path("items");
    for (JsonNode item : items) {
      ObjectNode metadata = (ObjectNode) item.path("metadata");
      metadata.remove("managedFields");
      if (!withVersion) {
        metadata.remove("resourceVersion");
      }
      found.add(item);
    }
    return found;
  }
}
