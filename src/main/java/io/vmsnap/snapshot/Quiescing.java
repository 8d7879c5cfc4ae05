package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.QuiesceException;
import io.vmsnap.hypervisor.Quiescer;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SnapshotResult.QuiesceResult;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.time.Duration;

/**
 * The freezing of the guest's file systems around the switch of the disks. What it came to is
 * observed: frozen is what was frozen before the switch and still frozen after it.
 */
final class Quiescing implements AutoCloseable {
  static final String POWERED_OFF = "PoweredOff";
  static final String NOT_NEEDED = "NotNeededWithMemory";

  private static final String REQUIRED = "Required";
  private static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(30);

  private final Quiescer quiescer;
  private final boolean required;
  private final long begin = System.nanoTime();
  private QuiesceResult result;
  private Double freezeMillis;

  private Quiescing(Quiescer quiescer, boolean required, QuiesceResult result) {
    this.quiescer = quiescer;
    this.required = required;
    this.result = result;
  }

  /**
   * Freezes the guest if the task wants it.
   *
   * @param running whether there is a guest
   * @throws RefusedException if it is required and the guest cannot be frozen; it is not frozen
   *     then
   */
  static Quiescing begin(CreateSnapshotTask task, boolean running, VmConnector connector)
      throws IOException, RefusedException {
    boolean wanted = task.quiesce() != null && !task.quiesce().equals("None");
    if (!wanted) {
      return new Quiescing(null, false, null);
    }
    if (!running) {
      return without(POWERED_OFF, "The machine is powered off: its file systems are at rest");
    }
    if (task.memory()) {
      return without(
          NOT_NEEDED, "The memory is kept too, with all that the guest has not written yet");
    }
    boolean required = task.quiesce().equals(REQUIRED);
    Quiescer quiescer = null;
    try {
      quiescer = connector.quiescer();
      return frozen(quiescer, required, deadline(task));
    } catch (HypervisorException e) {
      if (quiescer != null) {
        quiescer.close(); // the runner thaws what may be frozen
      }
      TaskReason reason = reason(e, quiescer != null);
      if (required) {
        throw new RefusedException(
            reason, "the guest could not be quiesced, which is required: " + e.getMessage(), e);
      }
      return without(reason.name(), "The guest could not be quiesced: " + e.getMessage());
    }
  }

  private static Quiescing frozen(Quiescer quiescer, boolean required, Duration deadline)
      throws HypervisorException {
    Quiescing quiescing = new Quiescing(quiescer, required, null);
    int fileSystems = quiescer.freeze(deadline);
    if (fileSystems == 0) {
      throw new QuiesceException(
          QuiesceException.Cause.FREEZE_FAILED, "the guest has no file system to freeze", null);
    }
    quiescing.result =
        new QuiesceResult(false, "Frozen", null, fileSystems, millisSince(quiescing.begin), null);
    return quiescing;
  }

  private static Quiescing without(String reason, String message) {
    return new Quiescing(null, false, new QuiesceResult(false, reason, message, 0, null, null));
  }

  private static Duration deadline(CreateSnapshotTask task) {
    return task.quiesceTimeoutSeconds() > 0
        ? Duration.ofSeconds(task.quiesceTimeoutSeconds())
        : DEFAULT_DEADLINE;
  }

  /**
   * @param asked whether the runner was reached, and with it perhaps the agent
   */
  private static TaskReason reason(HypervisorException e, boolean asked) {
    if (!(e instanceof QuiesceException quiesce)) {
      return asked ? TaskReason.FreezeFailed : TaskReason.AgentNotConnected;
    }
    return switch (quiesce.why()) {
      case AGENT_NOT_CONNECTED -> TaskReason.AgentNotConnected;
      case FREEZE_FAILED -> TaskReason.FreezeFailed;
      case FREEZE_TIMEOUT -> TaskReason.FreezeTimeout;
    };
  }

  /** Thaws a frozen guest, and finds out whether it was frozen until now. */
  void thaw() {
    if (quiescer == null) {
      return;
    }
    long asked = System.nanoTime();
    boolean still = false;
    String message = "The guest was thawed before its disks had switched";
    try {
      still = quiescer.thaw();
    } catch (HypervisorException e) {
      message = "Nobody can tell whether the guest was frozen until its disks switched: " + e;
    }
    freezeMillis = millisSince(begin);
    result =
        new QuiesceResult(
            still,
            still ? "Frozen" : TaskReason.ThawedEarly.name(),
            still
                ? "File systems frozen while the disks switched: " + result.fileSystems()
                : message,
            result.fileSystems(),
            result.flushMillis(),
            millisSince(asked));
  }

  boolean quiesced() {
    return result != null && result.quiesced();
  }

  /** Whether the snapshot exists only if the thaw finds the guest still frozen. */
  boolean isRequired() {
    return required;
  }

  /** Whether the snapshot must not be: it was to be quiesced and turned out not to be. */
  boolean isBroken() {
    return required && !quiesced();
  }

  /**
   * What is known before the thaw: of a guest that is frozen, not yet that it stays so until the
   * disks have switched.
   */
  String untilThawed() {
    return quiescer == null ? result.reason() : TaskReason.ThawedEarly.name();
  }

  /** Null if nobody wanted it. */
  QuiesceResult result() {
    return result;
  }

  /** Time for which the guest could not write, flushing included; null if it was not frozen. */
  Double freezeMillis() {
    return freezeMillis;
  }

  private static double millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e6;
  }

  /** A guest that is still frozen is thawed by the runner. */
  @Override
  public void close() {
    if (quiescer != null) {
      quiescer.close();
    }
  }
}
