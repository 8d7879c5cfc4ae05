package io.vmsnap.runner;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.qmp.QmpMachineControl;
import io.vmsnap.hypervisor.qmp.QmpSession;
import io.vmsnap.task.TaskReason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A QEMU whose runner was killed where the kernel could not kill it too. It still writes the disks,
 * while everybody takes the machine for powered off: it must end before anything else happens.
 */
final class StrayQemu {
  private static final System.Logger LOG = System.getLogger(StrayQemu.class.getName());
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private StrayQemu() {}

  static void end(Path monitor) throws RunnerFailure {
    if (!Files.exists(monitor)) {
      return;
    }
    QmpSession session;
    try {
      session = QmpSession.connect(monitor, DEADLINE);
    } catch (HypervisorException e) {
      return; // The usual case: a socket that nobody listens on.
    }
    LOG.log(System.Logger.Level.WARNING, "a QEMU without a runner has the directory: ending it");
    try (QmpMachineControl control = new QmpMachineControl(session)) {
      control.quit();
      session.end().get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    } catch (HypervisorException | ExecutionException | TimeoutException e) {
      throw new RunnerFailure(
          TaskReason.VMBusy,
          "a QEMU without a runner has the directory and does not end; kill it: " + e.getMessage(),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunnerFailure(TaskReason.Interrupted, "interrupted", e);
    }
  }
}
