package io.vmsnap.hypervisor.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Merges below and above a running QEMU, with what the guest reads compared each time. */
@Timeout(120)
class LiveMergeQmpIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int MIB = 1 << 20;

  @TempDir Path folder;

  @Test
  void deltaMergedIntoItsBaseBelowTheGuest() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 1);
        QmpSession session = QmpSession.connect(machine.jobMonitor(), TIMEOUT);
        QmpRunningVm vm = new QmpRunningVm(session)) {
      DiskLayer base = machine.base("web");
      write(session, 1, 0, 16);
      DiskSwitch first = machine.switchTo("n-web", "web-000001");
      vm.switchDisks(List.of(first));
      write(session, 2, 4, 4);
      DiskSwitch second = machine.switchTo("n-web-000001", "web-000002");
      vm.switchDisks(List.of(second));
      write(session, 3, 6, 1);
      copy(first.delta().extent(), first.delta().dataOffset() + 4 * MIB, base.extent(), 4 * MIB);

      for (int attempt = 0; attempt < 2; attempt++) { // the second finds its work done
        vm.replaceBacking(second.delta(), true, base, null);

        assertThat(vm.disks())
            .containsExactly(new AttachedDisk("scsi0:0", List.of("n-web", "n-web-000002")));
      }
      assertThat(nodes(session)).doesNotContain("n-web-000001", "m-web");
      assertContent(session);
    }
  }

  @Test
  void activeDeltaCommittedIntoADelta() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 1);
        QmpSession session = QmpSession.connect(machine.jobMonitor(), TIMEOUT);
        QmpRunningVm vm = new QmpRunningVm(session)) {
      write(session, 1, 0, 16);
      vm.switchDisks(List.of(machine.switchTo("n-web", "web-000001")));
      write(session, 2, 4, 4);
      vm.switchDisks(List.of(machine.switchTo("n-web-000001", "web-000002")));
      write(session, 3, 6, 1);

      List<String> at = new ArrayList<>();
      Duration stun =
          vm.commitActive(
              "n-web-000002", "n-web-000001", TIMEOUT, () -> at.add(vm.state().toString()));

      assertThat(at).as("recorded while the guest stands still").containsExactly("PAUSED");
      assertThat(vm.state()).isEqualTo(RunState.RUNNING);
      assertThat(stun).isPositive();
      System.out.printf("active commit: stun %.1f ms%n", stun.toNanos() / 1e6);

      assertThat(vm.disks())
          .containsExactly(new AttachedDisk("scsi0:0", List.of("n-web", "n-web-000001")));
      assertThat(nodes(session)).doesNotContain("n-web-000002");
      assertContent(session);
      write(session, 4, 20, 1);
      assertReads(session, 4, 20, 1);
    }
  }

  /** Until it is known which disk is the active one, the guest must not write to either. */
  @Test
  void guestStandsStillUntilThePivotIsWrittenDown() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 1);
        QmpSession session = QmpSession.connect(machine.jobMonitor(), TIMEOUT);
        QmpRunningVm vm = new QmpRunningVm(session)) {
      vm.switchDisks(List.of(machine.switchTo("n-web", "web-000001")));
      vm.cancelCommit("n-web-000001"); // there is none

      assertThatThrownBy(
              () ->
                  vm.commitActive(
                      "n-web-000001",
                      "n-web",
                      TIMEOUT,
                      () -> {
                        throw new IOException("volume gone");
                      }))
          .isInstanceOf(HypervisorException.class)
          .hasMessageContaining("volume gone")
          .matches(e -> ((HypervisorException) e).isOutcomeUnknown());

      assertThat(vm.state()).isEqualTo(RunState.PAUSED);
      assertThat(vm.disks()).containsExactly(new AttachedDisk("scsi0:0", List.of("n-web")));
      vm.resume();
      assertThat(vm.state()).isEqualTo(RunState.RUNNING);
    }
  }

  @Test
  void commitOfADiskThatIsNotThereNamesIt() throws Exception {
    try (TestMachine machine = new TestMachine(folder, 1);
        QmpRunningVm vm = QmpRunningVm.connect(machine.jobMonitor())) {
      assertThatThrownBy(() -> vm.commitActive("n-nowhere", "n-web", TIMEOUT, () -> {}))
          .isInstanceOf(HypervisorException.class)
          .hasMessageContaining("n-nowhere");
    }
  }

  private void assertContent(QmpSession session) throws Exception {
    assertReads(session, 1, 0, 4);
    assertReads(session, 2, 4, 2);
    assertReads(session, 3, 6, 1);
    assertReads(session, 2, 7, 1);
    assertReads(session, 1, 8, 8);
  }

  private void write(QmpSession session, int pattern, int from, int length) throws Exception {
    assertThat(io(session, "write -P %d %dM %dM".formatted(pattern, from, length)))
        .contains("wrote");
  }

  private void assertReads(QmpSession session, int pattern, int from, int length) throws Exception {
    assertThat(io(session, "read -P %d %dM %dM".formatted(pattern, from, length)))
        .contains("read %d/%d".formatted(length * MIB, length * MIB))
        .doesNotContain("verification failed");
  }

  /** What qemu-io says goes to QEMU's own output. */
  private String io(QmpSession session, String command) throws Exception {
    Path log = folder.resolve("qemu.log");
    int before = Files.readString(log).length();
    session.execute(
        new Human("qemu-io -d /machine/peripheral/scsi0-0/virtio-backend \"" + command + "\""),
        TIMEOUT);
    Awaitility.await().until(() -> Files.readString(log).indexOf("ops;", before) >= 0);
    return Files.readString(log).substring(before);
  }

  private static Iterable<String> nodes(QmpSession session) throws Exception {
    return session.execute(new BlockCommand.QueryBlockGraph(), TIMEOUT).nodes();
  }

  private static void copy(Path from, long fromOffset, Path to, long toOffset) throws Exception {
    try (RandomAccessFile source = new RandomAccessFile(from.toFile(), "r");
        RandomAccessFile target = new RandomAccessFile(to.toFile(), "rw")) {
      FileChannel out = target.getChannel().position(toOffset);
      assertThat(source.getChannel().transferTo(fromOffset, 4 * MIB, out)).isEqualTo(4 * MIB);
    }
  }

  private record Human(String line) implements QmpCommand<String> {
    @Override
    public String name() {
      return "human-monitor-command";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance.objectNode().put("command-line", line);
    }

    @Override
    public String parse(JsonNode answer) {
      return answer.asText();
    }
  }
}
