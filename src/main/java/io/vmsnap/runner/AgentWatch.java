package io.vmsnap.runner;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.guestagent.GuestAgent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Knows whether the guest's agent answers. It owns the agent's channel, which serves one client at
 * a time, and looks at it in a thread of its own, since a guest may take its time.
 */
final class AgentWatch implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final Duration DEADLINE = Duration.ofSeconds(3);

  private final Path socket;
  private final ScheduledExecutorService scheduler =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("agent-watch").factory());
  private GuestAgent agent;
  private volatile boolean connected;

  AgentWatch(Path socket) {
    this.socket = socket;
  }

  void start() {
    scheduler.scheduleWithFixedDelay(this::look, 1000, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Whether the agent answered when it was last asked. */
  boolean isConnected() {
    return connected;
  }

  private void look() {
    try {
      if (agent == null) {
        agent = GuestAgent.connect(socket, DEADLINE);
      } else {
        agent.ping(DEADLINE);
      }
      connected = true;
    } catch (HypervisorException e) {
      connected = false;
      hangUp();
    }
  }

  private void hangUp() {
    if (agent != null) {
      agent.close();
      agent = null;
    }
  }

  @Override
  public void close() {
    scheduler.shutdownNow();
    connected = false;
  }
}
