package io.vmsnap.hypervisor.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.BlockNode;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against the installed QEMU. */
@Timeout(120)
class QmpRunningVmQmpIT {
  private static final long ACCESS_MODE = 3;
  private static final long READ_ONLY = 0;
  private static final long READ_WRITE = 2;

  @TempDir Path folder;

  @Test
  void switchesAllDisksAtOnceAndLeavesTheirBasesReadOnly() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 2);
        QmpRunningVm vm = QmpRunningVm.connect(machine.jobMonitor())) {
      Path base = folder.resolve("web-flat.vmdk");
      assertThat(machine.openFlags(base)).allMatch(flags -> (flags & ACCESS_MODE) == READ_WRITE);

      Duration stun =
          vm.switchDisks(
              List.of(
                  machine.switchTo("n-web", "web-000001"),
                  machine.switchTo("n-web_1", "web_1-000001")));

      assertThat(vm.disks())
          .containsExactly(
              new AttachedDisk("scsi0:0", List.of("n-web", "n-web-000001")),
              new AttachedDisk("scsi0:1", List.of("n-web_1", "n-web_1-000001")));
      assertThat(stun).isPositive();
      assertThat(vm.state()).isEqualTo(RunState.RUNNING);
      for (Path frozen : List.of(base, folder.resolve("web_1-flat.vmdk"))) {
        assertThat(machine.openFlags(frozen))
            .isNotEmpty()
            .allMatch(flags -> (flags & ACCESS_MODE) == READ_ONLY);
      }
    }
  }

  @Test
  void switchesASecondTimeOnTopOfTheFirst() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 1);
        QmpRunningVm vm = QmpRunningVm.connect(machine.jobMonitor())) {
      vm.switchDisks(List.of(machine.switchTo("n-web", "web-000001")));
      vm.switchDisks(List.of(machine.switchTo("n-web-000001", "web-000002")));
      assertThat(vm.disks())
          .containsExactly(
              new AttachedDisk("scsi0:0", List.of("n-web", "n-web-000001", "n-web-000002")));
    }
  }

  @Test
  void oneBadDiskLeavesAllAsTheyWere() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 2);
        QmpRunningVm vm = QmpRunningVm.connect(machine.jobMonitor())) {
      DiskSwitch good = machine.switchTo("n-web", "web-000001");
      DiskSwitch missing = machine.switchTo("n-web_1", "web_1-000001");
      Files.delete(missing.delta().index());
      List<AttachedDisk> before = vm.disks();

      HypervisorException refused =
          catchThrowableOfType(
              HypervisorException.class, () -> vm.switchDisks(List.of(good, missing)));

      assertThat(refused)
          .hasMessageContaining("no disk was switched")
          .hasMessageContaining("web_1-000001.idx");
      assertThat(refused.isOutcomeUnknown()).isFalse();
      assertThat(vm.disks()).isEqualTo(before);
      assertThat(machine.openFlags(good.delta().extent())).as("closed again").isEmpty();
    }
  }

  @Test
  void aRefusedTransactionRollsBack() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 1);
        QmpRunningVm vm = QmpRunningVm.connect(machine.jobMonitor())) {
      DiskSwitch good = machine.switchTo("n-web", "web-000001");
      DiskSwitch unknown = machine.switchTo("n-nobody", "web_1-000001");

      assertThatThrownBy(() -> vm.switchDisks(List.of(good, unknown)))
          .isInstanceOf(QmpCommandException.class)
          .hasMessageContaining("n-nobody");

      assertThat(vm.disks()).containsExactly(new AttachedDisk("scsi0:0", List.of("n-web")));
      assertThat(machine.openFlags(good.delta().extent())).as("closed again").isEmpty();
      vm.switchDisks(List.of(good));
      assertThat(vm.disks().getFirst().activeNode()).isEqualTo("n-web-000001");
    }
  }

  @Test
  void aNodeThatADeadJobLeftBehindIsOpenedAnew() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 1)) {
      DiskSwitch first = machine.switchTo("n-web", "web-000001");
      try (QmpSession dying = QmpSession.connect(machine.jobMonitor(), Duration.ofSeconds(10))) {
        dying.execute(
            new BlockCommand.BlockdevAdd(BlockNode.options(first.delta(), null, false)),
            Duration.ofSeconds(10));
      }
      Files.delete(first.delta().extent());
      Files.delete(first.delta().index());
      DiskSwitch second = machine.switchTo("n-web", "web-000001");
      try (QmpRunningVm vm = QmpRunningVm.connect(machine.jobMonitor())) {
        vm.switchDisks(List.of(second));
        assertThat(vm.disks().getFirst().activeNode()).isEqualTo("n-web-000001");
      }
      assertThat(machine.openFlags(second.delta().extent())).as("the new file").isNotEmpty();
    }
  }

  @Test
  void killingQemuMidwayLeavesAnUnknownOutcomeThatSaysSo() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 1);
        QmpRunningVm vm = QmpRunningVm.connect(machine.jobMonitor());
        QmpSession other = QmpSession.connect(runnerMonitor(), Duration.ofSeconds(10))) {
      DiskSwitch one = machine.switchTo("n-web", "web-000001");
      vm.disks();
      // A stopped process takes commands into its socket and does nothing with them.
      signal(machine.process, "STOP");
      CompletableFuture<Throwable> result =
          CompletableFuture.supplyAsync(
              () -> catchThrowable(() -> other.execute(transaction(one), Duration.ofSeconds(60))));
      signal(machine.process, "KILL");

      Throwable failure = result.get(20, TimeUnit.SECONDS);

      assertThat(failure).isInstanceOf(QmpConnectionException.class);
      assertThat(failure).hasMessageContaining("transaction got no answer");
      assertThat(((HypervisorException) failure).isOutcomeUnknown()).isTrue();
      assertThatThrownBy(() -> vm.switchDisks(List.of(one)))
          .isInstanceOf(HypervisorException.class)
          .hasMessageContaining("no disk was switched");
    }
  }

  private Path runnerMonitor() {
    return folder.resolve(".vmsnap/run/qmp-runner.sock");
  }

  private static BlockCommand.SnapshotTransaction transaction(DiskSwitch one) {
    return new BlockCommand.SnapshotTransaction(
        List.of(new BlockCommand.Snapshot(one.activeNode(), one.delta().nodeName())));
  }

  private static void signal(Process process, String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }
}
