package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;
import java.time.Duration;

/** Merges the active delta into the layer below by a QEMU job, and makes that layer active. */
final class ActiveCommit {
  private static final Duration QUICK = Duration.ofSeconds(10);

  private final QmpSession session;

  ActiveCommit(QmpSession session) {
    this.session = session;
  }

  void commit(String activeNode, String belowNode, Duration timeout) throws HypervisorException {
    String job = "commit-" + activeNode;
    long deadline = System.nanoTime() + timeout.toNanos();
    try (QmpSubscription<QmpEvent.BlockJob> events = session.subscribe(QmpEvent.BlockJob.class)) {
      session.execute(new BlockCommand.BlockCommit(job, activeNode, belowNode), QUICK);
      QmpEvent.BlockJob ready = next(events, job, deadline);
      if (ready == null) {
        giveUp(job, events);
        throw failure(activeNode, "not ready after " + timeout.toSeconds() + " s");
      }
      if (!ready.isReady()) {
        throw failure(activeNode, ready.name() + ": " + ready.error());
      }
      session.execute(new BlockCommand.JobComplete(job), QUICK);
      QmpEvent.BlockJob end = next(events, job, System.nanoTime() + QUICK.toNanos());
      if (end == null) {
        throw new QmpTimeoutException("job-complete of " + activeNode, QUICK, true);
      }
      if (!end.isCompleted() || !end.error().isEmpty()) {
        throw failure(activeNode, end.name() + ": " + end.error());
      }
    }
    session.execute(new BlockCommand.BlockdevDel(activeNode), QUICK);
  }

  private void giveUp(String job, QmpSubscription<QmpEvent.BlockJob> events)
      throws HypervisorException {
    session.execute(new BlockCommand.JobCancel(job), QUICK);
    next(events, job, System.nanoTime() + QUICK.toNanos());
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
