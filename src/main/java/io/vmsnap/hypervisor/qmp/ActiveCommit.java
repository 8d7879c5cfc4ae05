package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm.Pivot;
import java.io.IOException;
import java.time.Duration;

/** Merges the active delta into the layer below by a QEMU job, and makes that layer active. */
final class ActiveCommit {
  private static final Duration QUICK = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(20);

  private final QmpSession session;

  ActiveCommit(QmpSession session) {
    this.session = session;
  }

  /** Returns the time for which the guest did not run. */
  Duration commit(String activeNode, String belowNode, Duration timeout, Pivot pivot)
      throws HypervisorException {
    cancel(activeNode); // left by somebody who died
    Duration stun;
    try (QmpSubscription<QmpEvent.BlockJob> events = session.subscribe(QmpEvent.BlockJob.class)) {
      copy(activeNode, belowNode, timeout, events);
      stun = pivot(activeNode, events, pivot);
    }
    session.execute(new BlockCommand.BlockdevDel(activeNode), QUICK);
    return stun;
  }

  void cancel(String activeNode) throws HypervisorException {
    String job = job(activeNode);
    long deadline = System.nanoTime() + QUICK.toNanos();
    try (QmpSubscription<QmpEvent.BlockJob> events = session.subscribe(QmpEvent.BlockJob.class)) {
      while (session.execute(new BlockCommand.QueryJobs(), QUICK).contains(job)) {
        try {
          session.execute(new BlockCommand.JobCancel(job), QUICK);
        } catch (QmpCommandException e) {
          // It ends by itself just now; what it did is for the graph to say.
        }
        if (System.nanoTime() >= deadline) {
          throw new QmpTimeoutException("the end of job " + job, QUICK, true);
        }
        events.next(POLL);
      }
    }
  }

  private static String job(String activeNode) {
    return "commit-" + activeNode;
  }

  /** Until both layers hold the same, while the guest goes on. */
  private void copy(
      String activeNode,
      String belowNode,
      Duration timeout,
      QmpSubscription<QmpEvent.BlockJob> events)
      throws HypervisorException {
    long deadline = System.nanoTime() + timeout.toNanos();
    String job = job(activeNode);
    session.execute(new BlockCommand.BlockCommit(job, activeNode, belowNode), QUICK);
    QmpEvent.BlockJob ready = next(events, job, deadline);
    if (ready == null) {
      cancel(activeNode);
      throw failure(activeNode, "not ready after " + timeout.toSeconds() + " s");
    }
    if (!ready.isReady()) {
      throw failure(activeNode, ready.name() + ": " + ready.error());
    }
  }

  /**
   * QEMU copies and flushes what is left before the job ends, so that at the moment of the record
   * the layer below holds everything, durably.
   */
  private Duration pivot(String activeNode, QmpSubscription<QmpEvent.BlockJob> events, Pivot pivot)
      throws HypervisorException {
    String job = job(activeNode);
    boolean runs = session.execute(new MachineCommand.QueryStatus(), QUICK) == RunState.RUNNING;
    try (StunClock clock = new StunClock(session)) {
      if (runs) {
        session.execute(MachineCommand.STOP, QUICK);
      }
      QmpEvent.BlockJob end;
      try {
        session.execute(new BlockCommand.JobComplete(job), QUICK);
        end = next(events, job, System.nanoTime() + QUICK.toNanos());
      } catch (QmpCommandException e) {
        goOn(runs);
        throw e;
      }
      if (end == null) {
        throw new QmpTimeoutException("job-complete of " + activeNode, QUICK, true);
      }
      if (!end.isCompleted() || !end.error().isEmpty()) {
        goOn(runs);
        throw failure(activeNode, end.name() + ": " + end.error());
      }
      try {
        pivot.record();
      } catch (IOException e) {
        // The guest must not write below a delta that a restart would put on top again.
        throw new HypervisorException(
            "the guest stands still, because it cannot be written down which disk is active now: "
                + e.getMessage(),
            true,
            e);
      }
      goOn(runs);
      return runs ? clock.stun() : Duration.ZERO;
    }
  }

  private void goOn(boolean runs) throws HypervisorException {
    if (runs) {
      session.execute(MachineCommand.CONT, QUICK);
    }
  }

  /** The job's next event; null when the time is over. */
  private QmpEvent.BlockJob next(
      QmpSubscription<QmpEvent.BlockJob> events, String job, long deadline)
      throws HypervisorException {
    while (true) {
      Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
      QmpEvent.BlockJob event = events.next(left.compareTo(QUICK) < 0 ? left : QUICK).orElse(null);
      if (event != null && event.job().equals(job)) {
        return event;
      }
      if (session.end().isDone()) {
        throw session.end().join();
      }
      if (event == null && System.nanoTime() >= deadline) {
        return null;
      }
    }
  }

  private static HypervisorException failure(String node, String what) {
    return new HypervisorException(
        "QEMU did not merge " + node + ": " + what + "; the machine still writes to it",
        false,
        null);
  }
}
