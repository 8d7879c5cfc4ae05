package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.job.QemuConnector;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.DirectoryFinding;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.SnapshotDeletion;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.VmDefinition;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job that dies while the guest stands still, and a runner that lets the guest go on. */
@Timeout(400)
class AbandonedPauseIT {
  private static final Duration DEADLINE = Duration.ofSeconds(120);

  @TempDir Path folder;

  @Test
  void guestGoesOnAfterTheDeathOfAJobInThePivot() throws Exception {
    Path directory = Files.createDirectory(folder.resolve("vm"));
    try (LocalStorage storage = new LocalStorage(directory);
        RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("1"))) {
      awaitRunning(storage, runner);
      new SnapshotCreation(
              storage, new QemuConnector(storage), Clock.systemUTC(), stop(), Duration.ZERO)
          .run(null, new CreateSnapshotTask("r-1", "s", "", false, "None", 0, 60, 32, 0));
      VmConnector dying =
          () -> new QemuConnector(storage).connect().map(AbandonedPauseIT::dyingInThePivot);

      assertThatThrownBy(
              () ->
                  new SnapshotDeletion(storage, dying, Clock.systemUTC(), stop(), Duration.ZERO)
                      .run(null, new DeleteSnapshotTask("d-1", 1, false, 0, 60)))
          .isInstanceOf(Death.class);

      Awaitility.await()
          .atMost(DEADLINE)
          .until(() -> runner.log().contains("left the guest stopped: its operation is completed"));
      awaitRunning(storage, runner);
      assertThat(storage.exists(".vmsnap/journal.json")).isFalse();
      assertThat(storage.list("")).noneMatch(f -> f.contains("-000001"));
      assertThat(DirectoryChecker.check(storage, false))
          .noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR);
    }
  }

  private static final class Death extends Error {
    private static final long serialVersionUID = 1L;
  }

  private static RunningVm dyingInThePivot(RunningVm vm) {
    return (RunningVm)
        Proxy.newProxyInstance(
            RunningVm.class.getClassLoader(),
            new Class<?>[] {RunningVm.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("commitActive")) {
                RunningVm.Pivot death =
                    () -> {
                      throw new Death();
                    };
                arguments[3] = death;
              }
              try {
                return method.invoke(vm, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static void awaitRunning(LocalStorage storage, RunnerProcess runner) {
    Awaitility.await()
        .atMost(DEADLINE)
        .failFast(
            () -> {
              if (!runner.process.isAlive()) {
                throw new IllegalStateException("the runner ended:\n" + runner.everything());
              }
            })
        .ignoreException(HypervisorException.class)
        .until(
            () -> {
              try (RunningVm vm = new QemuConnector(storage).connect().orElse(null)) {
                return vm != null && vm.state() == RunState.RUNNING;
              }
            });
  }

  private static StopSignal stop() {
    return new StopSignal(Duration.ofMinutes(2));
  }

  private static VmDefinition definition() {
    return new VmDefinition(
        "web",
        "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7",
        new VmDefinition.Hardware(1, 64 << 20, "bios", null, "tcg"),
        List.of(new VmDefinition.Disk("disk0", 4L << 20, null)),
        null,
        List.of(),
        false,
        1);
  }
}
