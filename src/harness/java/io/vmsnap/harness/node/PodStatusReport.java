package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodIPBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Puts together the status of a pod. Transition times move only when a condition's status does. */
final class PodStatusReport {
  private static final Set<String> OURS =
      Set.of("Initialized", "Ready", "ContainersReady", "PodScheduled");

  private final String hostIp;

  /**
   * Why a pod as a whole failed, beyond its containers.
   *
   * @param reason e.g. {@code DeadlineExceeded}
   */
  record Failure(String reason, String message) {}

  PodStatusReport(String hostIp) {
    this.hostIp = hostIp;
  }

  /**
   * @param previous the last status reported, for transition times
   * @param podIp null before the pod has one
   * @param failure null unless the pod failed as a whole
   * @param stopping no container will be started any more
   */
  PodStatus build(
      Pod pod,
      PodStatus previous,
      PodContainers containers,
      String podIp,
      Instant startTime,
      Failure failure,
      boolean stopping,
      Instant now) {
    String phase = containers.phase();
    if (failure != null && !containers.anyRunning()) {
      phase = "Failed";
    } else if (stopping && !containers.anyRunning() && !phase.equals("Succeeded")) {
      phase = allEndedWell(containers) ? "Succeeded" : "Failed";
    }
    boolean over = phase.equals("Succeeded") || phase.equals("Failed");
    PodStatusBuilder status =
        new PodStatusBuilder()
            .withPhase(phase)
            .withHostIP(hostIp)
            .withStartTime(KubeTime.of(startTime))
            .withQosClass(pod.getStatus() == null ? null : pod.getStatus().getQosClass())
            .withConditions(conditions(pod, previous, containers, phase, stopping, now))
            .withInitContainerStatuses(
                containers.init().stream()
                    .map(s -> s.status(!over && !stopping && containers.restarts(s), true))
                    .toList())
            .withContainerStatuses(
                containers.main().stream()
                    .map(s -> s.status(!over && !stopping && containers.restarts(s), false))
                    .toList());
    if (podIp != null) {
      status.withPodIP(podIp).withPodIPs(new PodIPBuilder().withIp(podIp).build());
    }
    if (failure != null) {
      status.withReason(failure.reason()).withMessage(failure.message());
    }
    return status.build();
  }

  private static boolean allEndedWell(PodContainers containers) {
    return containers.main().stream().allMatch(s -> s.hasEnded() && s.exitCode() == 0);
  }

  private static List<PodCondition> conditions(
      Pod pod,
      PodStatus previous,
      PodContainers containers,
      String phase,
      boolean stopping,
      Instant now) {
    boolean ready = !stopping && containers.ready() && phase.equals("Running");
    String notReady = phase.equals("Succeeded") ? "PodCompleted" : "ContainersNotReady";
    List<PodCondition> conditions = new ArrayList<>();
    conditions.add(
        condition(
            "Initialized", containers.initialized(), "ContainersNotInitialized", previous, now));
    conditions.add(condition("Ready", ready, notReady, previous, now));
    conditions.add(condition("ContainersReady", ready, notReady, previous, now));
    conditions.add(condition("PodScheduled", true, null, previous, now));
    if (pod.getStatus() != null && pod.getStatus().getConditions() != null) {
      // A merge patch replaces the whole list: keep what others have put there.
      pod.getStatus().getConditions().stream()
          .filter(c -> !OURS.contains(c.getType()))
          .forEach(conditions::add);
    }
    return conditions;
  }

  private static PodCondition condition(
      String type, boolean isTrue, String reasonIfNot, PodStatus previous, Instant now) {
    String status = isTrue ? "True" : "False";
    String since = KubeTime.of(now);
    if (previous != null && previous.getConditions() != null) {
      for (PodCondition before : previous.getConditions()) {
        if (before.getType().equals(type)
            && status.equals(before.getStatus())
            && before.getLastTransitionTime() != null) {
          since = before.getLastTransitionTime();
        }
      }
    }
    return new PodConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(isTrue ? null : reasonIfNot)
        .withLastTransitionTime(since)
        .build();
  }
}
