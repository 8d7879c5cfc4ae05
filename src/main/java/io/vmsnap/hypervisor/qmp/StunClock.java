package io.vmsnap.hypervisor.qmp;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Tells for how long a guest did not run since this clock was made. A transaction on its own keeps
 * the guest's requests waiting, not its CPUs, and is measured from here. Where QEMU stopped the
 * CPUs, its own time stamps tell, without the time that the answers took to reach us.
 */
final class StunClock implements AutoCloseable {
  private final QmpSubscription<QmpEvent.Stop> stops;
  private final QmpSubscription<QmpEvent.Resume> resumes;
  private long start = System.nanoTime();

  StunClock(QmpSession session) {
    stops = session.subscribe(QmpEvent.Stop.class);
    resumes = session.subscribe(QmpEvent.Resume.class);
  }

  /** Forgets what was so far: an attempt that came to nothing. */
  void restart() {
    stops.drain();
    resumes.drain();
    start = System.nanoTime();
  }

  Duration stun() {
    Duration measured = Duration.ofNanos(System.nanoTime() - start);
    List<QmpEvent.Stop> stopped = stops.drain();
    List<QmpEvent.Resume> resumed = resumes.drain();
    if (stopped.isEmpty() || resumed.isEmpty()) {
      return measured;
    }
    Instant from = stopped.getFirst().time();
    Instant to = resumed.getLast().time();
    return to.isBefore(from) ? measured : Duration.between(from, to);
  }

  @Override
  public void close() {
    stops.close();
    resumes.close();
  }
}
