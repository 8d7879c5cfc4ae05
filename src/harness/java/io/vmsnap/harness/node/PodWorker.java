package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Looks after one pod from its binding to its removal, on a thread of its own. Everything that may
 * matter (a changed pod, a process that ended, a probe's outcome) only wakes it; each round looks
 * at the state there is and does what is due, so no event can be missed or come too late.
 */
final class PodWorker implements Runnable {
  private static final System.Logger LOG = System.getLogger(PodWorker.class.getName());
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);

  private final NodeContext node;
  private final PodDirectory directory;
  private final PodContainers containers;
  private final PodApi api;
  private final ContainerStarter starter;
  private final ConcurrentLinkedQueue<Runnable> outcomes = new ConcurrentLinkedQueue<>();
  private final Semaphore wake = new Semaphore(0);
  private final CountDownLatch over = new CountDownLatch(1);
  private final Instant startTime;

  private volatile Pod pod;
  private volatile boolean gone;
  private volatile boolean abandoned;
  private volatile Instant shutdownDeadline;

  private Map<String, Path> volumes;
  private String podIp;
  private PodStatusReport.Failure failure;
  private PodStatus reported;
  private boolean terminating;
  private Instant wakeAt;

  PodWorker(NodeContext node, Pod pod) {
    Instant now = Instant.now();
    this.node = node;
    this.pod = pod;
    this.directory = PodDirectory.of(node.config().dataDirectory(), pod.getMetadata());
    this.containers = new PodContainers(pod, node.config().firstBackOff(), now);
    this.api = new PodApi(node, pod.getMetadata());
    this.starter = new ContainerStarter(node, directory);
    this.reported = pod.getStatus();
    this.startTime =
        reported == null || reported.getStartTime() == null
            ? now
            : Instant.parse(reported.getStartTime());
  }

  /** The pod has changed. */
  void update(Pod changed) {
    pod = changed;
    wake.release();
  }

  /** The pod is no longer in the API. */
  void removed() {
    gone = true;
    wake.release();
  }

  /** Ends all containers and reports it; {@link #awaitEnd} tells when that is done. */
  void shutdown(Instant deadline) {
    shutdownDeadline = deadline;
    wake.release();
  }

  /** Forgets the pod at once: processes are killed, nothing is reported. */
  void abandon() {
    abandoned = true;
    wake.release();
  }

  void awaitEnd(Duration atMost) throws InterruptedException {
    over.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  Pod pod() {
    return pod;
  }

  /** The run whose log is the current one, and whether it still writes; empty before the first. */
  Optional<LogSource> log(String container, boolean previous) {
    // Read by the log server's threads: every field is read once, and a stale answer is harmless.
    return containers
        .all()
        .filter(slot -> slot.spec().getName().equals(container))
        .findFirst()
        .map(
            slot -> {
              int run = previous ? slot.restarts() - 1 : slot.restarts();
              return new LogSource(
                  directory.log(container, run), () -> slot.running() && slot.restarts() == run);
            });
  }

  @Override
  public void run() {
    try {
      while (!round()) {
        long millis = Math.max(1, Duration.between(Instant.now(), wakeAt).toMillis());
        wake.tryAcquire(millis, TimeUnit.MILLISECONDS);
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      containers.all().filter(ContainerSlot::running).forEach(s -> s.process().kill());
      if (podIp != null) {
        node.addresses().release(podIp);
      }
      over.countDown();
    }
  }

  /** Returns whether there is nothing left to do for this pod. */
  private boolean round() {
    Instant now = Instant.now();
    wakeAt = now.plus(LONGEST_SLEEP);
    if (abandoned) {
      return true;
    }
    try {
      for (Runnable outcome; (outcome = outcomes.poll()) != null; ) {
        outcome.run();
      }
      if (gone) {
        containers.all().filter(ContainerSlot::running).forEach(s -> s.process().kill());
        directory.delete();
        return true;
      }
      if (pod.getMetadata().getDeletionTimestamp() != null || shutdownDeadline != null) {
        return terminate(now);
      }
      if (!PodContainers.isFinal(reported)) {
        checkDeadline(now);
        live(now);
        report(now);
      }
    } catch (KubernetesClientException | IOException e) {
      LOG.log(Level.WARNING, "pod " + api.name() + ": tried again in 1 s: " + e.getMessage());
      wakeBy(now.plus(RETRY));
    }
    return false;
  }

  private void live(Instant now) throws IOException {
    containers.all().forEach(slot -> observe(slot, now));
    if (failure != null || containers.phase().equals("Failed")) {
      return;
    }
    if (!prepared()) {
      wakeBy(now.plus(RETRY));
      return;
    }
    if (!containers.initialized()) {
      containers.init().stream()
          .filter(slot -> !slot.hasEnded() || containers.restarts(slot))
          .findFirst()
          .ifPresent(slot -> startIfDue(slot, now));
      return;
    }
    containers.main().forEach(slot -> startIfDue(slot, now));
  }

  private boolean prepared() throws IOException {
    if (volumes != null) {
      return true;
    }
    try {
      if (podIp == null) {
        podIp =
            node.addresses()
                .allocate()
                .orElseThrow(
                    () -> new PodNotReadyException("ContainerCreating", "no free pod address"));
      }
      volumes = starter.volumes(pod, podIp);
      return true;
    } catch (PodNotReadyException e) {
      containers.all().forEach(slot -> slot.waiting(e.reason(), e.getMessage()));
      node.events().warning(pod, "FailedMount", e.getMessage());
      return false;
    }
  }

  private void startIfDue(ContainerSlot slot, Instant now) {
    if (slot.running() || slot.hasEnded() && !containers.restarts(slot)) {
      return;
    }
    if (slot.nextStart().isAfter(now)) {
      wakeBy(slot.nextStart());
      return;
    }
    try {
      starter.start(pod, slot, volumes, podIp);
      slot.process().exit().thenRun(wake::release);
      node.events().normal(pod, "Started", "Started container " + slot.spec().getName());
      wakeBy(now); // its probes are to be scheduled
    } catch (PodNotReadyException e) {
      slot.waiting(e.reason(), e.getMessage());
      slot.startLater(now.plus(RETRY));
      wakeBy(now.plus(RETRY));
      node.events().warning(pod, "Failed", e.getMessage());
    }
  }

  /** Sees what has become of a running container, and looks after its probes. */
  private void observe(ContainerSlot slot, Instant now) {
    if (!slot.running()) {
      return;
    }
    Optional<ContainerProcess.Exit> exit = slot.process().exited();
    if (exit.isPresent()) {
      slot.finish(exit.get(), null);
      if (containers.restarts(slot) && slot.nextStart().isAfter(now)) {
        node.events()
            .warning(pod, "BackOff", "Back-off restarting container " + slot.spec().getName());
      }
      return;
    }
    if (slot.killAt() != null) {
      killIfDue(slot, now);
      return;
    }
    if (slot.unhealthy()) {
      node.events()
          .normal(pod, "Killing", "Container " + slot.spec().getName() + " failed its probe");
      stop(slot, now.plus(grace()));
      return;
    }
    slot.activeProbes().forEach(probe -> probeIfDue(slot, probe, now));
  }

  private void probeIfDue(ContainerSlot slot, ProbeState probe, Instant now) {
    Optional<Instant> due = probe.due();
    if (due.isEmpty()) {
      return;
    }
    if (due.get().isAfter(now)) {
      wakeBy(due.get());
      return;
    }
    probe.begin();
    Prober prober = new Prober(slot.spec(), slot.plan(), slot.process().id(), node.id(), podIp);
    Thread.startVirtualThread(
        () -> {
          Prober.Outcome outcome = prober.run(probe.probe(), probe.timeout());
          outcomes.add(
              () -> {
                probe.record(outcome.success(), Instant.now());
                if (!outcome.success()) {
                  node.events().warning(pod, "Unhealthy", "Probe failed: " + outcome.message());
                }
              });
          wake.release();
        });
  }

  private void checkDeadline(Instant now) {
    Long seconds = pod.getSpec().getActiveDeadlineSeconds();
    if (seconds == null) {
      return;
    }
    Instant deadline = startTime.plusSeconds(seconds);
    if (deadline.isAfter(now)) {
      wakeBy(deadline);
    } else if (failure == null) {
      failure =
          new PodStatusReport.Failure(
              "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
      containers.all().filter(ContainerSlot::running).forEach(s -> stop(s, now.plus(grace())));
    }
  }

  /** Returns whether all is done: containers ended, end reported, pod removed from the API. */
  private boolean terminate(Instant now) throws IOException {
    Instant deadline = terminationDeadline(now);
    if (!terminating) {
      terminating = true;
      containers.all().filter(ContainerSlot::running).forEach(s -> stop(s, deadline));
    }
    containers.all().filter(ContainerSlot::running).forEach(s -> s.killAt(deadline));
    containers.all().forEach(slot -> observe(slot, now));
    report(now);
    if (containers.anyRunning()) {
      return false;
    }
    if (pod.getMetadata().getDeletionTimestamp() != null && node.connection().isUp()) {
      api.remove(pod.getMetadata().getResourceVersion());
    }
    return shutdownDeadline != null;
  }

  private Instant terminationDeadline(Instant now) {
    if (shutdownDeadline != null) {
      return shutdownDeadline;
    }
    Long seconds = pod.getMetadata().getDeletionGracePeriodSeconds();
    return now.plusSeconds(seconds == null ? grace().toSeconds() : seconds);
  }

  private void stop(ContainerSlot slot, Instant deadline) {
    node.events().normal(pod, "Killing", "Stopping container " + slot.spec().getName());
    slot.killAt(deadline);
    slot.process().terminate();
    wakeBy(slot.killAt());
  }

  private void killIfDue(ContainerSlot slot, Instant now) {
    if (slot.killAt().isAfter(now)) {
      wakeBy(slot.killAt());
    } else {
      slot.process().kill();
      wakeBy(now.plus(RETRY));
    }
  }

  private Duration grace() {
    Long seconds = pod.getSpec().getTerminationGracePeriodSeconds();
    return Duration.ofSeconds(seconds == null ? 30 : seconds);
  }

  private void report(Instant now) {
    PodStatusReport.Failure cause =
        failure == null && shutdownDeadline != null && !containers.phase().equals("Succeeded")
            ? new PodStatusReport.Failure("NodeShutdown", "The node was shut down")
            : failure;
    PodStatus status =
        new PodStatusReport(node.hostIp())
            .build(pod, reported, containers, podIp, startTime, cause, terminating, now);
    if (status.equals(reported)) {
      return;
    }
    if (!node.connection().isUp()) {
      wakeBy(now.plus(RETRY));
      return;
    }
    if (api.report(status)) {
      reported = status;
    } else {
      gone = true;
      wakeBy(now);
    }
  }

  private void wakeBy(Instant time) {
    wakeAt = time.isBefore(wakeAt) ? time : wakeAt;
  }
}
