package io.vmsnap.operator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobObserverTest {
  private static final String HASH = "h1";
  private static final Instant NOW = Instant.parse("2026-03-01T09:00:03Z");
  private static final Attempt ATTEMPT =
      new Attempt(OperationKind.Create, 1, "j", null, null, HASH, null);

  @Test
  void resultIsRead() {
    SnapshotResult result =
        new SnapshotResult(
            2, 1L, "PoweredOn", "Crash", "web-Snapshot2.vmsn", List.of(), null, null, null, null);

    assertThat(ended(0, "Completed", message(TaskReason.Completed, result)))
        .isEqualTo(new JobObservation.Done(TaskOutcome.completed("why", result)));
  }

  @Test
  void finalFailureIsFinal() {
    assertThat(ended(1, "Error", message(TaskReason.InsufficientSpace, null)))
        .isEqualTo(new JobObservation.Failed(ConditionReason.InsufficientSpace, "why", false));
  }

  @Test
  void passingFailureMayBeTriedAgain() {
    assertThat(ended(75, "Error", message(TaskReason.VMBusy, null)))
        .isEqualTo(new JobObservation.Failed(ConditionReason.VMBusy, "why", true));
  }

  @Test
  void successWithoutResultIsADefectAndNoSnapshot() {
    assertThat(ended(0, "Completed", message(TaskReason.Completed, null)))
        .isInstanceOfSatisfying(
            JobObservation.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(ConditionReason.JobFailed));
  }

  @Test
  void endOfALogInsteadOfAResult() {
    assertThat(ended(134, "Error", "# A fatal error has been detected"))
        .isInstanceOfSatisfying(
            JobObservation.Failed.class,
            failed -> {
              assertThat(failed.reason()).isEqualTo(ConditionReason.JobFailed);
              assertThat(failed.message()).contains("fatal error", "134", "kubectl logs");
              assertThat(failed.mayPass()).isTrue();
            });
  }

  @Test
  void outOfMemory() {
    assertThat(ended(137, "OOMKilled", null))
        .isInstanceOfSatisfying(
            JobObservation.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(ConditionReason.JobOutOfMemory));
  }

  /** Jobs and pods are watched apart, and the job's end may be seen first. */
  @Test
  void jobThatIsSeenToEndBeforeItsPodIsStillAtWork() {
    Pod running = pod().withNewStatus().withPhase("Running").endStatus().build();

    assertThat(JobObserver.observe(job("Complete", null), List.of(running), ATTEMPT, NOW))
        .isInstanceOf(JobObservation.Running.class);
    assertThat(
            JobObserver.observe(
                job("Failed", "BackoffLimitExceeded"), List.of(running), ATTEMPT, NOW))
        .isInstanceOf(JobObservation.Running.class);
    assertThat(
            JobObserver.observe(job("Failed", "DeadlineExceeded"), List.of(running), ATTEMPT, NOW))
        .isInstanceOf(JobObservation.Failed.class);
  }

  @Test
  void evicted() {
    Pod pod = pod().withNewStatus().withPhase("Failed").withReason("Evicted").endStatus().build();

    assertThat(JobObserver.observe(job(null, null), List.of(pod), ATTEMPT, NOW))
        .isInstanceOfSatisfying(
            JobObservation.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(ConditionReason.JobEvicted));
  }

  @Test
  void killedAtTheDeadline() {
    Pod pod = terminated(143, "Error", null);

    assertThat(JobObserver.observe(job("Failed", "DeadlineExceeded"), List.of(pod), ATTEMPT, NOW))
        .isInstanceOfSatisfying(
            JobObservation.Failed.class,
            failed -> {
              assertThat(failed.reason()).isEqualTo(ConditionReason.TimedOut);
              assertThat(failed.mayPass()).isFalse();
            });
  }

  @Test
  void resultOutlivesTheDeadline() {
    Pod pod = terminated(1, "Error", message(TaskReason.ChainTooDeep, null));

    assertThat(JobObserver.observe(job("Failed", "DeadlineExceeded"), List.of(pod), ATTEMPT, NOW))
        .isEqualTo(new JobObservation.Failed(ConditionReason.ChainTooDeep, "why", false));
  }

  @Test
  void podThatVanishedMeansAskingAgain() {
    assertThat(JobObserver.observe(job("Complete", null), List.of(), ATTEMPT, NOW))
        .isInstanceOfSatisfying(
            JobObservation.Failed.class, failed -> assertThat(failed.mayPass()).isTrue());
  }

  @Test
  void jobOfAnotherTaskIsNotBelieved() {
    Attempt another = new Attempt(OperationKind.Create, 1, "j", null, null, "another", null);
    Pod pod = terminated(0, "Completed", message(TaskReason.Completed, null));

    assertThat(JobObserver.observe(job("Complete", null), List.of(pod), another, NOW))
        .isInstanceOfSatisfying(
            JobObservation.Failed.class,
            failed -> assertThat(failed.message()).contains("another task"));
  }

  @Test
  void waitingPodSaysWhy() {
    Pod pod =
        pod()
            .withNewStatus()
            .withPhase("Pending")
            .addNewContainerStatus()
            .withNewState()
            .withNewWaiting()
            .withReason("ImagePullBackOff")
            .withMessage("no such image")
            .endWaiting()
            .endState()
            .endContainerStatus()
            .endStatus()
            .build();

    assertThat(JobObserver.observe(job(null, null), List.of(pod), ATTEMPT, NOW))
        .isEqualTo(new JobObservation.Running("ImagePullBackOff: no such image"));
  }

  /** Each word about it would be a write, and one more when it has started after all. */
  @Test
  void podThatStartsIsWorthAWordOnceItTakesLong() {
    Pod fresh = pod().withNewStatus().withPhase("Pending").endStatus().build();
    Pod creating =
        pod()
            .withNewStatus()
            .withPhase("Pending")
            .addNewContainerStatus()
            .withNewState()
            .withNewWaiting()
            .withReason("ContainerCreating")
            .endWaiting()
            .endState()
            .endContainerStatus()
            .endStatus()
            .build();

    for (Pod pod : List.of(fresh, creating)) {
      assertThat(JobObserver.observe(job(null, null), List.of(pod), ATTEMPT, NOW))
          .isEqualTo(new JobObservation.Running(""));
    }
    assertThat(
            JobObserver.observe(
                job(null, null), List.of(creating), ATTEMPT, NOW.plus(Duration.ofMinutes(1))))
        .isEqualTo(new JobObservation.Running("ContainerCreating"));
  }

  @Test
  void podWithoutANodeSaysWhyAtOnce() {
    Pod pod =
        pod()
            .withNewStatus()
            .withPhase("Pending")
            .addNewCondition()
            .withType("PodScheduled")
            .withStatus("False")
            .withMessage("0/3 nodes are available")
            .endCondition()
            .endStatus()
            .build();

    assertThat(JobObserver.observe(job(null, null), List.of(pod), ATTEMPT, NOW))
        .isEqualTo(new JobObservation.Running("0/3 nodes are available"));
  }

  /** A reason of jobs that conditions do not know would lose its name on the way to the user. */
  @Test
  void everyReasonOfAJobIsAReasonOfConditions() {
    List<String> known = Arrays.stream(ConditionReason.values()).map(Enum::name).toList();

    assertThat(Arrays.stream(TaskReason.values()).map(Enum::name))
        .filteredOn(name -> !name.equals(TaskReason.Completed.name()))
        .isSubsetOf(known);
  }

  private static JobObservation ended(int status, String reason, String message) {
    return JobObserver.observe(
        job(null, null), List.of(terminated(status, reason, message)), ATTEMPT, NOW);
  }

  private static String message(TaskReason reason, SnapshotResult result) {
    return TaskJson.writeTerminationMessage(new TaskOutcome(reason, "why", result, null, null));
  }

  private static PodBuilder pod() {
    return new PodBuilder()
        .withNewMetadata()
        .withName("p")
        .withCreationTimestamp("2026-03-01T09:00:00Z")
        .endMetadata();
  }

  private static Pod terminated(int status, String reason, String message) {
    return pod()
        .withNewStatus()
        .withPhase(status == 0 ? "Succeeded" : "Failed")
        .addNewContainerStatus()
        .withNewState()
        .withNewTerminated()
        .withExitCode(status)
        .withReason(reason)
        .withMessage(message)
        .endTerminated()
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  private static Job job(String condition, String reason) {
    JobBuilder job =
        new JobBuilder()
            .withNewMetadata()
            .withName("j")
            .addToAnnotations(Annotations.SPEC_HASH, HASH)
            .endMetadata();
    if (condition != null) {
      job.withNewStatus()
          .addNewCondition()
          .withType(condition)
          .withStatus("True")
          .withReason(reason)
          .endCondition()
          .endStatus();
    }
    return job.build();
  }
}
