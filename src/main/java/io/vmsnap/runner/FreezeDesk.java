package io.vmsnap.runner;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.runner.control.ControlHandler;
import io.vmsnap.runner.control.ControlReply;
import io.vmsnap.runner.control.ControlRequest;
import io.vmsnap.task.TaskReason;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Freezes and thaws the guest for jobs, and guards it: a guest does not stay frozen beyond the
 * deadline, nor beyond the connection of the job that froze it, nor after a freeze that went wrong.
 */
final class FreezeDesk implements ControlHandler, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(FreezeDesk.class.getName());

  /** Thawing takes the guest milliseconds, unless it hangs. */
  private static final Duration THAW_DEADLINE = Duration.ofSeconds(5);

  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

  private final ScheduledExecutorService guards =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("thaw-guard").factory());
  private final boolean agentWanted;
  private AgentWatch agent;
  private ScheduledFuture<?> guard;
  private Object owner;

  /** Whether the guest is, or may be, frozen by us. */
  private boolean frozen;

  /**
   * @param agentWanted whether the machine is to have an agent at all
   */
  FreezeDesk(boolean agentWanted) {
    this.agentWanted = agentWanted;
  }

  /** Another machine has taken over; it is not frozen. */
  synchronized void serve(AgentWatch next) {
    agent = next;
    frozen = false;
    cancelGuard();
  }

  @Override
  public synchronized ControlReply handle(ControlRequest request, Object connection) {
    return request.command().equals(ControlRequest.FREEZE)
        ? freeze(request, connection)
        : thaw(connection);
  }

  private ControlReply freeze(ControlRequest request, Object connection) {
    if (!agentWanted || agent == null) {
      return ControlReply.failed(
          TaskReason.AgentNotConnected.name(), "the machine is defined without a guest agent");
    }
    Duration deadline =
        request.timeoutMillis() == null
            ? DEFAULT_DEADLINE
            : Duration.ofMillis(request.timeoutMillis());
    long end = System.nanoTime() + deadline.toNanos();
    owner = connection;
    try {
      agent.talk(
          open -> {
            open.ping(shorter(deadline, THAW_DEADLINE));
            return null;
          });
    } catch (HypervisorException e) {
      return ControlReply.failed(TaskReason.AgentNotConnected.name(), e.getMessage());
    }
    frozen = true; // it may be from the moment on at which the command is sent
    try {
      Duration left = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
      int fileSystems = agent.talk(open -> open.freeze(left));
      guardAfter(Duration.ofNanos(Math.max(0, end - System.nanoTime())), "its deadline passed");
      LOG.log(System.Logger.Level.INFO, "{0} file systems of the guest are frozen", fileSystems);
      return ControlReply.frozen(fileSystems);
    } catch (HypervisorException e) {
      // A freeze that was given up may still take place.
      guardAfter(Duration.ZERO, "the freeze failed");
      TaskReason reason = e.isOutcomeUnknown() ? TaskReason.FreezeTimeout : TaskReason.FreezeFailed;
      return ControlReply.failed(reason.name(), e.getMessage());
    }
  }

  private ControlReply thaw(Object connection) {
    boolean held = frozen && owner == connection;
    if (!held) {
      return ControlReply.thawed(false);
    }
    try {
      boolean still = agent.talk(open -> open.isFrozen(THAW_DEADLINE));
      int thawed = agent.talk(open -> open.thaw(THAW_DEADLINE));
      frozen = false;
      cancelGuard();
      return ControlReply.thawed(still && thawed > 0);
    } catch (HypervisorException e) {
      return ControlReply.unknown(TaskReason.FreezeTimeout.name(), e.getMessage());
    }
  }

  @Override
  public synchronized void disconnected(Object connection) {
    if (frozen && owner == connection) {
      guardAfter(Duration.ZERO, "its job is gone");
    }
  }

  private void guardAfter(Duration delay, String why) {
    cancelGuard();
    guard = guards.schedule(() -> release(why), delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void cancelGuard() {
    if (guard != null) {
      guard.cancel(false);
      guard = null;
    }
  }

  private synchronized void release(String why) {
    if (!frozen) {
      return;
    }
    try {
      int thawed = agent.talk(open -> open.thaw(THAW_DEADLINE));
      boolean still = agent.talk(open -> open.isFrozen(THAW_DEADLINE));
      if (!still) {
        frozen = false;
        LOG.log(
            System.Logger.Level.WARNING,
            "the guest was thawed because {0} ({1} file systems)",
            why,
            thawed);
        return;
      }
    } catch (HypervisorException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot thaw the guest yet: " + e.getMessage());
    }
    guardAfter(RETRY, why);
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  @Override
  public void close() {
    guards.shutdownNow();
  }
}
