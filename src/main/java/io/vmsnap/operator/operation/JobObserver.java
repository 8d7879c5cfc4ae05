package io.vmsnap.operator.operation;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.operator.dependent.PodState;
import io.vmsnap.operator.status.Reasons;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Reads a job's outcome from its pod's termination message, or from how it went missing. */
public final class JobObserver {
  /**
   * Time that any pod may take to start before its start is worth a word: each word is a write to
   * the API server, and one more when the pod has started after all.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private JobObserver() {}

  /**
   * @param pods the job's pods
   * @param attempt the try that the job is, and what it must have been made from
   */
  public static JobObservation observe(Job job, List<Pod> pods, Attempt attempt, Instant now) {
    if (!attempt
        .requestHash()
        .equals(job.getMetadata().getAnnotations().get(Annotations.SPEC_HASH))) {
      return new JobObservation.Failed(
          ConditionReason.JobFailed,
          "Job " + job.getMetadata().getName() + " was made for another task",
          true);
    }
    Optional<Pod> pod =
        pods.stream().max(Comparator.comparing(p -> p.getMetadata().getCreationTimestamp()));
    Optional<ContainerStateTerminated> end = pod.flatMap(PodState::terminated);
    if (end.isPresent()) {
      return ended(job, pod.get(), end.get(), attempt.operation());
    }
    if (pod.filter(PodState::hasEnded).isPresent()) {
      return endedWithoutContainer(pod.get());
    }
    if (pod.isPresent() && isOver(job)) {
      // jobs and pods are watched apart: the pod's end is on its way, and it says more
      return new JobObservation.Running("");
    }
    if (condition(job, "Failed").isPresent()) {
      return failed(job, condition(job, "Failed").get());
    }
    if (condition(job, "Complete").isPresent()) {
      return new JobObservation.Failed(
          ConditionReason.JobFailed,
          "Job " + job.getMetadata().getName() + " is complete, but its pod and result are gone",
          true);
    }
    return new JobObservation.Running(pod.map(started -> delay(started, now)).orElse(""));
  }

  /** Whether it has ended with its pod, rather than been cut off at its deadline. */
  static boolean isOver(Job job) {
    return condition(job, "Complete").isPresent()
        || condition(job, "Failed").filter(failed -> !isDeadline(failed)).isPresent();
  }

  private static JobObservation ended(
      Job job, Pod pod, ContainerStateTerminated end, OperationKind kind) {
    String message = end.getMessage();
    if (message != null && !message.isBlank()) {
      try {
        TaskOutcome outcome = TaskJson.readTerminationMessage(message);
        if (outcome != null && outcome.reason() != null) {
          return outcome(outcome, kind);
        }
      } catch (IOException e) {
        // the end of a log instead of an outcome: the process died before it could say why
      }
    }
    if ("OOMKilled".equals(end.getReason())) {
      return new JobObservation.Failed(
          ConditionReason.JobOutOfMemory, "The job needed more memory than its pod may have", true);
    }
    // after a job's deadline its pod is killed, which leaves an exit status like any other
    Optional<JobCondition> failed = condition(job, "Failed");
    if (failed.filter(JobObserver::isDeadline).isPresent()) {
      return failed(job, failed.get());
    }
    return new JobObservation.Failed(
        ConditionReason.JobFailed,
        "The job ended without a result: "
            + PodState.exitMessage(pod)
            + " (kubectl logs "
            + pod.getMetadata().getName()
            + ")",
        true);
  }

  private static JobObservation outcome(TaskOutcome outcome, OperationKind kind) {
    if (outcome.succeeded() && hasResult(outcome, kind)) {
      return new JobObservation.Done(outcome);
    }
    return new JobObservation.Failed(
        Reasons.of(outcome.reason().name(), ConditionReason.JobFailed),
        String.valueOf(outcome.message()),
        outcome.reason().verdict() == TaskReason.Verdict.RETRY);
  }

  private static boolean hasResult(TaskOutcome outcome, OperationKind kind) {
    return switch (kind) {
      case Create -> outcome.snapshot() != null;
      case Revert -> outcome.revert() != null;
      case Delete, Consolidate -> outcome.delete() != null;
      case Describe, Suspend -> true;
    };
  }

  private static JobObservation endedWithoutContainer(Pod pod) {
    boolean evicted = "Evicted".equals(pod.getStatus().getReason());
    return new JobObservation.Failed(
        evicted ? ConditionReason.JobEvicted : ConditionReason.JobFailed,
        evicted
            ? "The job's pod was evicted: " + pod.getStatus().getMessage()
            : "The job's pod failed to start: " + PodState.exitMessage(pod),
        true);
  }

  private static JobObservation failed(Job job, JobCondition condition) {
    if (isDeadline(condition)) {
      return new JobObservation.Failed(
          ConditionReason.TimedOut,
          "The job was still at work at its deadline and was ended; what it had begun is taken back"
              + " or finished by the next operation, or when the machine starts",
          false);
    }
    return new JobObservation.Failed(
        ConditionReason.JobFailed,
        "Job "
            + job.getMetadata().getName()
            + " failed and its pod is gone: "
            + condition.getMessage(),
        true);
  }

  private static String delay(Pod pod, Instant now) {
    boolean isYoung =
        now.isBefore(Instant.parse(pod.getMetadata().getCreationTimestamp()).plus(PATIENCE));
    return PodState.isRunning(pod) || isYoung && PodState.isOnItsWay(pod)
        ? ""
        : PodState.waitingFor(pod);
  }

  private static boolean isDeadline(JobCondition condition) {
    return "DeadlineExceeded".equals(condition.getReason());
  }

  private static Optional<JobCondition> condition(Job job, String type) {
    return job.getStatus() == null
        ? Optional.empty()
        : job.getStatus().getConditions().stream()
            .filter(c -> type.equals(c.getType()) && "True".equals(c.getStatus()))
            .findFirst();
  }
}
