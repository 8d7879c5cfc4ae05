package io.vmsnap.operator.dependent;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/** Reads what a pod's status says about its only container. */
public final class PodState {
  private static final int MAX_PROSE = 500;

  /** Reasons of a waiting container while the kubelet makes volumes, network and container. */
  private static final Set<String> ON_THE_WAY = Set.of("ContainerCreating", "PodInitializing");

  private PodState() {}

  public static boolean isControlledBy(Pod pod, HasMetadata owner) {
    return pod.getMetadata().getOwnerReferences().stream()
        .anyMatch(
            reference ->
                Boolean.TRUE.equals(reference.getController())
                    && reference.getUid().equals(owner.getMetadata().getUid()));
  }

  public static boolean isTerminating(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() != null;
  }

  public static boolean hasEnded(Pod pod) {
    String phase = phase(pod);
    return "Succeeded".equals(phase) || "Failed".equals(phase);
  }

  /** Whether the container runs and can be reached. */
  public static boolean isRunning(Pod pod) {
    return "Running".equals(phase(pod)) && pod.getStatus().getPodIP() != null;
  }

  public static Optional<ContainerStateTerminated> terminated(Pod pod) {
    return containerState(pod).map(ContainerState::getTerminated);
  }

  /** Why the container ended, in its own words or in those of Kubernetes. */
  public static String exitMessage(Pod pod) {
    Optional<ContainerStateTerminated> end = terminated(pod);
    if (end.isEmpty()) {
      return pod.getStatus().getMessage() != null
          ? pod.getStatus().getMessage()
          : "its pod ended without a container status";
    }
    String message = end.get().getMessage();
    String status = "exit status " + end.get().getExitCode();
    if (message == null || message.isBlank()) {
      return "OOMKilled".equals(end.get().getReason())
          ? "it needed more memory than its pod may have (OOMKilled)"
          : status;
    }
    return outcome(message)
        .map(outcome -> outcome.reason() + ": " + outcome.message())
        .orElseGet(() -> status + ": " + lastPart(message.strip()));
  }

  /** Whether the container said that it would fail again. */
  public static boolean exitIsFinal(Pod pod) {
    return terminated(pod)
        .filter(end -> end.getExitCode() != null && end.getExitCode() == ExitCode.FAILED)
        .filter(end -> end.getMessage() != null && outcome(end.getMessage()).isPresent())
        .isPresent();
  }

  /** What keeps a pod from starting, if anything is known. */
  public static String waitingFor(Pod pod) {
    return containerState(pod)
        .map(ContainerState::getWaiting)
        .filter(waiting -> waiting.getReason() != null)
        .map(
            waiting ->
                waiting.getMessage() == null
                    ? waiting.getReason()
                    : waiting.getReason() + ": " + waiting.getMessage())
        .or(() -> unscheduled(pod))
        .orElse("the pod is being started");
  }

  /** Whether all that is known is what every pod goes through on its way. */
  public static boolean isOnItsWay(Pod pod) {
    return unscheduled(pod).isEmpty()
        && containerState(pod)
            .map(ContainerState::getWaiting)
            .map(ContainerStateWaiting::getReason)
            .filter(reason -> !ON_THE_WAY.contains(reason))
            .isEmpty();
  }

  static String lastPart(String text) {
    return text.length() <= MAX_PROSE ? text : "..." + text.substring(text.length() - MAX_PROSE);
  }

  private static Optional<TaskOutcome> outcome(String message) {
    try {
      return Optional.ofNullable(TaskJson.readTerminationMessage(message))
          .filter(outcome -> outcome.reason() != null);
    } catch (IOException e) {
      return Optional.empty(); // the end of a log, not an outcome
    }
  }

  private static Optional<String> unscheduled(Pod pod) {
    return pod.getStatus() == null
        ? Optional.empty()
        : pod.getStatus().getConditions().stream()
            .filter(c -> "PodScheduled".equals(c.getType()) && "False".equals(c.getStatus()))
            .map(PodCondition::getMessage)
            .filter(message -> message != null)
            .findFirst();
  }

  private static Optional<ContainerState> containerState(Pod pod) {
    return pod.getStatus() == null
        ? Optional.empty()
        : pod.getStatus().getContainerStatuses().stream()
            .findFirst()
            .map(ContainerStatus::getState);
  }

  private static String phase(Pod pod) {
    return pod.getStatus() == null ? null : pod.getStatus().getPhase();
  }
}
