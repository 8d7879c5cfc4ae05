package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Makes a pod's volumes and starts its containers. */
final class ContainerStarter {
  private final NodeContext node;
  private final PodDirectory directory;

  ContainerStarter(NodeContext node, PodDirectory directory) {
    this.node = node;
    this.directory = directory;
  }

  Map<String, Path> volumes(Pod pod, String podIp) throws PodNotReadyException, IOException {
    return new PodVolumes(node.client(), pod, directory, fields(pod, podIp)).prepare();
  }

  /**
   * Starts the next run of the container.
   *
   * @throws PodNotReadyException if it cannot be started now; the slot is unchanged
   */
  void start(Pod pod, ContainerSlot slot, Map<String, Path> volumes, String podIp)
      throws PodNotReadyException {
    refuseWhatIsNotSupported(slot);
    String namespace = pod.getMetadata().getNamespace();
    Map<String, String> image = image(pod);
    Map<String, String> environment =
        new ContainerEnvironment(node.client(), namespace, fields(pod, podIp))
            .resolve(slot.spec(), image);
    ContainerPlan plan = ContainerPlan.of(slot.spec(), environment, image, volumes, directory);
    int run = slot.nextRun();
    String name = slot.spec().getName();
    String id = pod.getMetadata().getUid() + "/" + name + "/" + run;
    try {
      slot.started(ContainerProcess.start(id, node.id(), plan, directory.log(name, run)), plan);
    } catch (IOException e) {
      throw new PodNotReadyException(
          "RunContainerError", "container cannot start: " + e.getMessage());
    }
  }

  private DownwardApi fields(Pod pod, String podIp) {
    return new DownwardApi(pod, podIp, node.hostIp());
  }

  /** What the image and the kubelet would put into the environment. */
  private Map<String, String> image(Pod pod) {
    Map<String, String> environment = new HashMap<>(node.config().imageEnvironment());
    String hostname = pod.getSpec().getHostname();
    environment.put("HOSTNAME", hostname == null ? pod.getMetadata().getName() : hostname);
    URI server = node.client().getMasterUrl() == null ? null : toUri();
    if (server != null) {
      environment.put("KUBERNETES_SERVICE_HOST", server.getHost());
      environment.put("KUBERNETES_SERVICE_PORT", String.valueOf(server.getPort()));
    }
    return environment;
  }

  private URI toUri() {
    return URI.create(node.client().getMasterUrl().toString());
  }

  private static void refuseWhatIsNotSupported(ContainerSlot slot) throws PodNotReadyException {
    if (slot.spec().getLifecycle() != null) {
      throw new PodNotReadyException(
          "CreateContainerConfigError", "lifecycle hooks are not supported by the local node");
    }
    if (slot.spec().getRestartPolicy() != null) {
      throw new PodNotReadyException(
          "CreateContainerConfigError",
          "restartPolicy of a container is not supported by the local node");
    }
  }
}
