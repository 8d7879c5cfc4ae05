package io.vmsnap.runner;

import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskReason;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the runner knows of itself: written by its one loop, read by the HTTP server. */
class StatusBoard {
  /** Longer without a round, the loop hangs. */
  static final Duration STALE = Duration.ofSeconds(60);

  private RunPhase phase = RunPhase.STARTING;
  private String accelerator;
  private String qemuVersion;
  private boolean agentConnected;
  private DirectoryWatch.Look look;
  private RunnerStatus.Operation operation;
  private RunnerStatus.Problem problem;
  private long ioErrorPauses;
  private long lastRound;

  synchronized void phase(RunPhase value) {
    phase = value;
  }

  synchronized void machine(String acceleratorName, String version) {
    accelerator = acceleratorName;
    qemuVersion = version;
  }

  synchronized void agentConnected(boolean value) {
    agentConnected = value;
  }

  synchronized void directory(DirectoryWatch.Look value, RunnerStatus.Operation current) {
    look = value;
    operation = current;
  }

  /** What the runner itself does before there is a machine; null for nothing. */
  synchronized void operation(RunnerStatus.Operation value) {
    operation = value;
  }

  synchronized void problem(TaskReason reason, String message) {
    problem = new RunnerStatus.Problem(reason, message);
  }

  synchronized void noProblem() {
    problem = null;
  }

  synchronized void ioErrorPause() {
    ioErrorPauses++;
  }

  /** The loop went round. */
  synchronized void round() {
    lastRound = System.nanoTime();
  }

  /** A first start may copy an image for many minutes; a loop that runs has to go on. */
  synchronized boolean isHealthy() {
    return !phase.machineIsOn()
        || phase == RunPhase.SHUTTING_DOWN
        || lastRound == 0
        || System.nanoTime() - lastRound < STALE.toNanos();
  }

  synchronized RunPhase phase() {
    return phase;
  }

  synchronized long ioErrorPauses() {
    return ioErrorPauses;
  }

  /** Empty before the first look at the directory. */
  synchronized SortedMap<String, Integer> chainDepth() {
    return look == null ? new TreeMap<>() : look.chainDepth();
  }

  synchronized RunnerStatus status() {
    return new RunnerStatus(
        phase.machineIsOn() ? "PoweredOn" : "PoweredOff",
        phase.token(),
        accelerator,
        qemuVersion,
        agentConnected,
        look == null ? null : look.bytes(),
        look == null ? List.of() : look.snapshots(),
        look == null ? null : look.currentUid(),
        look == null ? null : look.lastUid(),
        look == null ? null : look.lastRevertId(),
        operation,
        problem);
  }
}
