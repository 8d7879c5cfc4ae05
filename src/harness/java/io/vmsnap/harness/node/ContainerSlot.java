package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateTerminatedBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;

/**
 * All that is known of one container of a pod over its runs. Belongs to the pod's worker thread; no
 * other thread touches it.
 */
final class ContainerSlot {
  private final Container spec;
  private final RestartBackOff backOff;

  private int restarts;
  private ContainerProcess process;
  private ContainerPlan plan;
  private ContainerStateTerminated ended;
  private ContainerStateTerminated endedBefore;
  private String waitingReason = "ContainerCreating";
  private String waitingMessage;
  private Instant nextStart = Instant.MIN;
  private Instant killAt;

  private ProbeState startup;
  private ProbeState liveness;
  private ProbeState readiness;

  ContainerSlot(Container spec, Duration firstBackOff) {
    this.spec = spec;
    this.backOff = new RestartBackOff(firstBackOff);
  }

  Container spec() {
    return spec;
  }

  int restarts() {
    return restarts;
  }

  ContainerPlan plan() {
    return plan;
  }

  ContainerProcess process() {
    return process;
  }

  boolean running() {
    return process != null;
  }

  /** Whether it has run before, and is not running now. */
  boolean hasEnded() {
    return process == null && ended != null;
  }

  int exitCode() {
    return ended.getExitCode();
  }

  Instant nextStart() {
    return nextStart;
  }

  Instant killAt() {
    return killAt;
  }

  void killAt(Instant deadline) {
    killAt = killAt == null || deadline.isBefore(killAt) ? deadline : killAt;
  }

  /** Takes over what an earlier life of this node reported; what ran then is gone. */
  void adopt(ContainerStatus status, Instant now) {
    restarts = status.getRestartCount() == null ? 0 : status.getRestartCount();
    ContainerState state = status.getState();
    if (state != null && state.getTerminated() != null) {
      ended = state.getTerminated();
    } else if (state != null && state.getRunning() != null) {
      ended =
          new ContainerStateTerminatedBuilder()
              .withExitCode(137)
              .withReason("ContainerStatusUnknown")
              .withMessage("The container ended together with the node that ran it")
              .withStartedAt(state.getRunning().getStartedAt())
              .withFinishedAt(KubeTime.of(now))
              .withContainerID(status.getContainerID())
              .build();
    } else if (status.getLastState() != null && status.getLastState().getTerminated() != null) {
      ended = status.getLastState().getTerminated();
    }
  }

  void waiting(String reason, String message) {
    waitingReason = reason;
    waitingMessage = message;
  }

  /** Tries again later with the same run: it could not even be started. */
  void startLater(Instant time) {
    nextStart = time;
  }

  /** Which run is next; run 0 is the first. */
  int nextRun() {
    return ended == null ? restarts : restarts + 1;
  }

  void started(ContainerProcess newProcess, ContainerPlan newPlan) {
    restarts = nextRun();
    endedBefore = ended == null ? endedBefore : ended;
    ended = null;
    process = newProcess;
    plan = newPlan;
    killAt = null;
    startup = probe(spec.getStartupProbe());
    liveness = probe(spec.getLivenessProbe());
    readiness = probe(spec.getReadinessProbe());
  }

  /** Notes the end of the process, once it has ended. */
  void finish(ContainerProcess.Exit exit, String reason) {
    ended =
        new ContainerStateTerminatedBuilder()
            .withExitCode(exit.code())
            .withReason(reason != null ? reason : exit.code() == 0 ? "Completed" : "Error")
            .withMessage(message(exit.code()))
            .withStartedAt(KubeTime.of(process.started()))
            .withFinishedAt(KubeTime.of(exit.at()))
            .withContainerID(containerId(process.id()))
            .build();
    Duration wait = backOff.afterRun(Duration.between(process.started(), exit.at()));
    nextStart = exit.at().plus(wait);
    waitingReason = "CrashLoopBackOff";
    waitingMessage =
        "back-off " + wait.toSeconds() + "s restarting failed container=" + spec.getName();
    process = null;
    killAt = null;
  }

  private String message(int exitCode) {
    boolean fallback = "FallbackToLogsOnError".equals(spec.getTerminationMessagePolicy());
    try {
      return TerminationMessage.read(plan.terminationMessage(), process.log(), fallback, exitCode);
    } catch (IOException e) {
      return "termination message cannot be read: " + e.getMessage();
    }
  }

  /** The probes whose turn it is: until the startup probe passes, it is the only one. */
  Stream<ProbeState> activeProbes() {
    if (startup != null && startup.verdict() == ProbeState.Verdict.UNKNOWN) {
      return Stream.of(startup);
    }
    return Stream.of(liveness, readiness).filter(p -> p != null);
  }

  boolean isReadiness(ProbeState probe) {
    return probe == readiness;
  }

  /** Whether it failed its startup or liveness probe and must go. */
  boolean unhealthy() {
    return Stream.of(startup, liveness)
        .anyMatch(p -> p != null && p.verdict() == ProbeState.Verdict.FAILURE);
  }

  boolean isStarted() {
    return running() && (startup == null || startup.verdict() == ProbeState.Verdict.SUCCESS);
  }

  boolean isReady() {
    return isStarted()
        && killAt == null
        && (readiness == null || readiness.verdict() == ProbeState.Verdict.SUCCESS);
  }

  /**
   * @param restarting whether another run will follow the one that ended
   * @param init ready means something else for them: done
   */
  ContainerStatus status(boolean restarting, boolean init) {
    ContainerStatusBuilder status =
        new ContainerStatusBuilder()
            .withName(spec.getName())
            .withImage(spec.getImage() == null ? "" : spec.getImage())
            .withImageID("")
            .withRestartCount(restarts)
            .withReady(init ? hasEnded() && exitCode() == 0 : isReady())
            .withStarted(isStarted())
            .withState(state(restarting));
    ContainerStateTerminated last = hasEnded() && !restarting ? endedBefore : lastEnd();
    if (last != null) {
      status.withLastState(new ContainerStateBuilder().withTerminated(last).build());
    } else {
      status.withLastState(new ContainerState());
    }
    if (process != null) {
      status.withContainerID(containerId(process.id()));
    } else if (ended != null) {
      status.withContainerID(ended.getContainerID());
    }
    return status.build();
  }

  private ContainerStateTerminated lastEnd() {
    return hasEnded() ? ended : endedBefore;
  }

  private ContainerState state(boolean restarting) {
    if (process != null) {
      return new ContainerStateBuilder().withNewRunning(KubeTime.of(process.started())).build();
    }
    if (ended != null && !restarting) {
      return new ContainerStateBuilder().withTerminated(ended).build();
    }
    return new ContainerStateBuilder().withNewWaiting(waitingMessage, waitingReason).build();
  }

  private ProbeState probe(Probe probe) {
    return probe == null ? null : new ProbeState(probe, process.started());
  }

  private static String containerId(String id) {
    return "process://" + id;
  }
}
