package io.vmsnap.runner;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.guestagent.GuestAgent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
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

  /** A conversation with the agent. */
  @FunctionalInterface
  interface Conversation<T> {
    T with(GuestAgent agent) throws HypervisorException;
  }

  /**
   * Talks to the agent, when it is not talked to already.
   *
   * @throws HypervisorException if it does not answer, or what the conversation throws
   */
  <T> T talk(Conversation<T> conversation) throws HypervisorException {
    try {
      return scheduler.submit(() -> converse(conversation)).get();
    } catch (RejectedExecutionException | CancellationException e) {
      throw new HypervisorException("the machine has ended", false, e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof HypervisorException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorException("interrupted", true, e);
    }
  }

  private <T> T converse(Conversation<T> conversation) throws HypervisorException {
    try {
      if (agent == null) {
        agent = GuestAgent.connect(socket, DEADLINE);
      }
      T result = conversation.with(agent);
      connected = true;
      return result;
    } catch (HypervisorException e) {
      // A refusal is an answer too; after anything else the channel must be opened anew.
      connected = agent != null && !e.isOutcomeUnknown();
      if (!connected) {
        hangUp();
      }
      throw e;
    }
  }

  private void look() {
    try {
      converse(
          open -> {
            open.ping(DEADLINE);
            return null;
          });
    } catch (HypervisorException e) {
      // isConnected tells it.
    }
  }

  private void hangUp() {
    if (agent != null) {
      agent.close();
      agent = null;
    }
  }

  /** Conversations end, begun or not: who waits for one may hold what the next machine needs. */
  @Override
  public void close() {
    for (Runnable dropped : scheduler.shutdownNow()) {
      // The executor forgets what it did not begin, and nobody would ever complete it.
      if (dropped instanceof Future<?> future) {
        future.cancel(false);
      }
    }
    try {
      // The one under way was interrupted. The channel is its thread's as long as that lives.
      if (scheduler.awaitTermination(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)) {
        hangUp();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    connected = false;
  }
}
