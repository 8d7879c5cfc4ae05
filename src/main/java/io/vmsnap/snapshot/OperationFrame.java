package io.vmsnap.snapshot;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.NotPreparableException;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * What every operation on a VM directory has around it: takes the lock, tells its progress,
 * recovers what an earlier operation left, and opens the directory, or prepares it if the machine
 * was never started.
 *
 * @param patience how long to wait for another operation to end
 */
record OperationFrame(
    VmStorage storage, VmConnector connector, Clock clock, StopSignal stop, Duration patience) {
  private static final Duration POLL = Duration.ofMillis(100);

  /** The operation itself. */
  @FunctionalInterface
  interface Body<T> {
    T run(OperationContext context) throws IOException, RefusedException;
  }

  /**
   * @param kind the word for the operation, as in the journal
   * @param definition the machine; null for whatever machine the directory holds
   * @throws RefusedException if the operation cannot begin; the directory is as it was
   */
  <T> T run(String kind, String requestId, VmDefinition definition, Body<T> body)
      throws IOException, RefusedException {
    long begin = System.nanoTime();
    try (OperationLock lock = acquire();
        ProgressFile progress = new ProgressFile(storage, requestId, kind, clock.instant())) {
      progress.report("check", 0);
      new Recovery(storage, lock).recover(connector);
      VmDirectory directory = open(definition);
      return body.run(
          new OperationContext(directory, lock, progress, connector, clock, stop, begin));
    }
  }

  private OperationLock acquire() throws IOException, RefusedException {
    long begin = System.nanoTime();
    while (true) {
      stop.check();
      Optional<OperationLock> lock = OperationLock.tryAcquire(storage);
      if (lock.isPresent()) {
        return lock.get();
      }
      if (System.nanoTime() - begin >= patience.toNanos()) {
        throw new RefusedException(
            TaskReason.VMBusy,
            "another operation works on the directory, or the machine is starting or stopping; try"
                + " again");
      }
      try {
        stop.await(POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        stop.request();
      }
    }
  }

  private VmDirectory open(VmDefinition definition) throws IOException, RefusedException {
    if (definition == null) {
      return VmDirectory.open(storage);
    }
    if (definition.adopts() && !storage.exists(DirectoryFormat.FILE)) {
      throw new RefusedException(
          TaskReason.VMBusy,
          "the directory is not adopted yet; that happens when the machine is first powered on");
    }
    try {
      VmDirectory directory =
          storage.exists(definition.name() + ".vmx")
              ? VmDirectory.open(storage)
              : new DirectoryPreparer(storage, definition).prepare();
      if (directory.name().equals(definition.name())) {
        return directory;
      }
      throw new RefusedException(
          TaskReason.InvalidRequest,
          "the directory holds the machine " + directory.name() + ", not " + definition.name());
    } catch (NotPreparableException e) {
      throw new RefusedException(e.reason(), e.getMessage(), e);
    }
  }
}
