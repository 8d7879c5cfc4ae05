package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/** The containers of one pod, and what their states mean for the pod as a whole. */
final class PodContainers {
  private final String restartPolicy;
  private final List<ContainerSlot> init;
  private final List<ContainerSlot> main;

  PodContainers(Pod pod, Duration firstBackOff, Instant now) {
    this.restartPolicy =
        pod.getSpec().getRestartPolicy() == null ? "Always" : pod.getSpec().getRestartPolicy();
    this.init =
        pod.getSpec().getInitContainers().stream()
            .map(c -> new ContainerSlot(c, firstBackOff))
            .toList();
    this.main =
        pod.getSpec().getContainers().stream()
            .map(c -> new ContainerSlot(c, firstBackOff))
            .toList();
    if (pod.getStatus() != null) {
      adopt(init, pod.getStatus().getInitContainerStatuses(), now);
      adopt(main, pod.getStatus().getContainerStatuses(), now);
    }
  }

  private static void adopt(
      List<ContainerSlot> slots, List<ContainerStatus> reported, Instant now) {
    for (ContainerSlot slot : slots) {
      reported.stream()
          .filter(status -> status.getName().equals(slot.spec().getName()))
          .forEach(status -> slot.adopt(status, now));
    }
  }

  List<ContainerSlot> init() {
    return init;
  }

  List<ContainerSlot> main() {
    return main;
  }

  Stream<ContainerSlot> all() {
    return Stream.concat(init.stream(), main.stream());
  }

  boolean anyRunning() {
    return all().anyMatch(ContainerSlot::running);
  }

  /** Whether the container that ended is to run once more. */
  boolean restarts(ContainerSlot slot) {
    if (!slot.hasEnded()) {
      return false;
    }
    return switch (restartPolicy) {
      case "Never" -> false;
      case "OnFailure" -> slot.exitCode() != 0;
      default -> !init.contains(slot) || slot.exitCode() != 0;
    };
  }

  /** Init containers are over; a pod whose main containers have run before had them done. */
  boolean initialized() {
    return main.stream().anyMatch(s -> s.running() || s.hasEnded())
        || init.stream().allMatch(s -> s.hasEnded() && s.exitCode() == 0);
  }

  String phase() {
    if (init.stream().anyMatch(s -> s.hasEnded() && s.exitCode() != 0 && !restarts(s))) {
      return "Failed";
    }
    if (!initialized()) {
      return "Pending";
    }
    if (main.stream().allMatch(s -> s.hasEnded() && !restarts(s))) {
      return main.stream().allMatch(s -> s.exitCode() == 0) ? "Succeeded" : "Failed";
    }
    return main.stream().anyMatch(s -> s.running() || s.hasEnded()) ? "Running" : "Pending";
  }

  boolean ready() {
    return main.stream().allMatch(ContainerSlot::isReady);
  }

  static boolean isFinal(PodStatus status) {
    return status != null
        && ("Succeeded".equals(status.getPhase()) || "Failed".equals(status.getPhase()));
  }
}
