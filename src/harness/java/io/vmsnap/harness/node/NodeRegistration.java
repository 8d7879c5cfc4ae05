package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The Node object and its heartbeat: a Lease in {@code kube-node-lease} every 10 s, as kubelets
 * keep it, and the status every 5 minutes.
 */
final class NodeRegistration implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(NodeRegistration.class.getName());
  private static final String LEASES = "kube-node-lease";
  private static final int LEASE_SECONDS = 40;
  private static final int BEAT_SECONDS = 10;
  private static final int BEATS_PER_STATUS = 30;

  private final NodeContext node;
  private final int kubeletPort;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("node-heartbeat").factory());
  private long beats;

  /**
   * @param kubeletPort 0 without a log server
   */
  NodeRegistration(NodeContext node, int kubeletPort) {
    this.node = node;
    this.kubeletPort = kubeletPort;
  }

  /** Creates or takes over the Node object, marks it ready, and starts the heartbeat. */
  void start() throws IOException {
    register();
    renewLease();
    timer.scheduleWithFixedDelay(this::beat, BEAT_SECONDS, BEAT_SECONDS, TimeUnit.SECONDS);
  }

  /** A heartbeat now, e.g. after a time without connection. */
  void beatNow() {
    timer.execute(
        () -> {
          beats = 0;
          beat();
        });
  }

  private void beat() {
    if (!node.connection().isUp()) {
      return;
    }
    try {
      renewLease();
      if (beats++ % BEATS_PER_STATUS == 0) {
        register();
      }
    } catch (KubernetesClientException | IOException e) {
      LOG.log(Level.WARNING, "node heartbeat failed: " + e.getMessage());
    }
  }

  private void register() throws IOException {
    String name = node.config().name();
    if (node.client().nodes().withName(name).get() == null) {
      Node created =
          new NodeBuilder()
              .withNewMetadata()
              .withName(name)
              .addToLabels("kubernetes.io/hostname", name)
              .addToLabels("kubernetes.io/os", "linux")
              .addToLabels("kubernetes.io/arch", architecture())
              .endMetadata()
              .withNewSpec()
              .endSpec()
              .build();
      node.client().nodes().resource(created).create();
    }
    node.client()
        .nodes()
        .withName(name)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.STRATEGIC_MERGE),
            node.client().getKubernetesSerialization().asJson(Map.of("status", status())));
  }

  private static String architecture() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  }

  private NodeStatus status() throws IOException {
    String now = KubeTime.of(Instant.now());
    // No kubelet, so no version of its own: it keeps up with its API server.
    String version = node.client().getKubernetesVersion().getGitVersion();
    Map<String, Quantity> capacity =
        Map.of(
            "cpu", new Quantity(String.valueOf(node.config().cpus())),
            "memory", new Quantity(memoryKiB() + "Ki"),
            "ephemeral-storage", new Quantity(String.valueOf(diskBytes())),
            "pods", new Quantity("110"));
    NodeStatusBuilder status =
        new NodeStatusBuilder()
            .withCapacity(capacity)
            .withAllocatable(capacity)
            .addNewAddress(node.hostIp(), "InternalIP")
            .withConditions(
                condition(
                    "Ready", "True", "KubeletReady", "local node runs pods as processes", now),
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "", now),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "", now),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "", now))
            .withNewNodeInfo()
            .withArchitecture(architecture())
            .withBootID(node.id())
            .withContainerRuntimeVersion("process://1")
            .withKernelVersion(System.getProperty("os.version"))
            .withKubeProxyVersion(version)
            .withKubeletVersion(version)
            .withMachineID(node.id())
            .withOperatingSystem("linux")
            .withOsImage("vmsnap local node (processes of this machine)")
            .withSystemUUID(node.id())
            .endNodeInfo();
    if (kubeletPort > 0) {
      status.withNewDaemonEndpoints().withNewKubeletEndpoint(kubeletPort).endDaemonEndpoints();
    }
    return status.build();
  }

  private static io.fabric8.kubernetes.api.model.NodeCondition condition(
      String type, String status, String reason, String message, String now) {
    return new NodeConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(reason)
        .withMessage(message)
        .withLastHeartbeatTime(now)
        .withLastTransitionTime(now)
        .build();
  }

  private static long memoryKiB() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
      if (line.startsWith("MemTotal:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("/proc/meminfo has no line MemTotal");
  }

  private long diskBytes() throws IOException {
    return Files.getFileStore(node.config().dataDirectory()).getTotalSpace();
  }

  private void renewLease() {
    String name = node.config().name();
    Lease renewed =
        new LeaseBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(LEASES)
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(name)
            .withLeaseDurationSeconds(LEASE_SECONDS)
            .withRenewTime(Instant.now().truncatedTo(ChronoUnit.MICROS).atZone(ZoneOffset.UTC))
            .endSpec()
            .build();
    var leases = node.client().leases().inNamespace(LEASES);
    try {
      leases.withName(name).patch(PatchContext.of(PatchType.JSON_MERGE), renewed);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
      leases.resource(renewed).create();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
