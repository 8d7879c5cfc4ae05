package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.disk.DiskContent;
import io.vmsnap.disk.export.SourceDisk;
import io.vmsnap.snapshot.OperationLock;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.snapshot.adopt.ForeignMachine;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.task.VmDefinition.Disk;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A machine of another name takes over a directory of VMware's. */
class DirectoryAdoptionTest {
  private static final int SECTORS = 4096 + 3;
  private static final Disk ROOT = new Disk("root", null, "web.vmdk");

  private final MemoryStorage storage = new MemoryStorage();
  private final StatusBoard board = new StatusBoard();
  private ForeignMachine machine;

  @BeforeEach
  void createForeignDirectory() throws IOException {
    machine = ForeignMachine.create(storage, ForeignMachine.Style.WORKSTATION, SECTORS, 1);
  }

  @ParameterizedTest
  @EnumSource(ForeignMachine.Style.class)
  void becomesTheMachineWithAllSnapshots(ForeignMachine.Style style) throws Exception {
    MemoryStorage other = new MemoryStorage().with("web.nvram", new byte[] {1});
    ForeignMachine foreign = ForeignMachine.create(other, style, SECTORS, 2);
    VmDefinition definition = definition(true, "bios", ROOT);

    assertThat(adopt(other, definition, new StopRequest())).isTrue();
    VmDirectory prepared = new DirectoryPreparer(other, definition).prepare();

    assertThat(prepared.name()).isEqualTo("shop");
    assertThat(prepared.disks().getFirst().name()).isEqualTo("root");
    assertThat(prepared.disks().getFirst().active().fileName()).isEqualTo("web-000003.vmdk");
    assertThat(prepared.vmx().get("vendor.key")).contains("kept");
    assertThat(prepared.vmx().uuid()).map(Object::toString).contains(definition.uuid());
    assertThat(prepared.vmsd().snapshots())
        .extracting(SnapshotEntry::displayName)
        .containsExactly("clean", "updated", "other way");
    assertThat(other.list(".vmsnap/adopted")).contains("web.vmx", "web.vmsd", "web.nvram");
    assertThat(other.list("")).contains("web-Snapshot2.vmsn").doesNotContain("web.vmx");
    for (var disk : foreign.content().entrySet()) {
      try (SourceDisk source = SourceDisk.open(other, disk.getKey())) {
        DiskContent.assertSame(source.disk(), 0, disk.getValue());
      }
    }
    assertThat(board.status().operation()).isNull();
  }

  @Test
  void nothingHappensUnasked() throws Exception {
    List<String> before = storage.list("");

    assertThat(adopt(storage, definition(false, "bios", ROOT), new StopRequest())).isTrue();

    assertThat(storage.list("")).isEqualTo(before);
  }

  @Test
  void anAdoptedDirectoryIsLeftAlone() throws Exception {
    VmDefinition definition = definition(true, "bios", ROOT);
    adopt(storage, definition, new StopRequest());
    byte[] vmx = storage.content("shop.vmx");

    assertThat(adopt(storage, definition, new StopRequest())).isTrue();

    assertThat(storage.content("shop.vmx")).isEqualTo(vmx);
  }

  @Test
  void aStopInterruptsItAndTheNextStartGoesOn() throws Exception {
    VmDefinition definition = definition(true, "bios", ROOT);
    StopRequest stop = new StopRequest();
    stop.request();

    assertThat(adopt(storage, definition, stop)).isFalse();
    assertThat(storage.exists("web.vmx")).isTrue();
    assertThat(storage.exists(".vmsnap/journal.json")).isTrue();

    assertThat(adopt(storage, definition, new StopRequest())).isTrue();
    assertThat(VmDirectory.open(storage).vmsd().snapshots()).hasSize(3);
  }

  @Test
  void tellsHowFarItIs() throws Exception {
    List<RunnerStatus.Operation> told = new ArrayList<>();
    StopRequest stop = new StopRequest();
    StatusBoard listening =
        new StatusBoard() {
          @Override
          synchronized void operation(RunnerStatus.Operation value) {
            super.operation(value);
            if (value != null) {
              told.add(value);
            }
          }
        };
    try (OperationLock lock = OperationLock.tryAcquire(storage).orElseThrow()) {
      new DirectoryAdoption(storage, definition(true, "bios", ROOT), listening, stop).run(lock);
    }

    assertThat(told).extracting(RunnerStatus.Operation::kind).containsOnly("adopt");
    assertThat(told).extracting(RunnerStatus.Operation::percent).isSorted().endsWith(100);
    assertThat(told)
        .extracting(RunnerStatus.Operation::step)
        .contains("copy web.vmdk (1 of 4)", "prove web-000001.vmdk (4 of 4)");
  }

  @Test
  void eachDiskMustBeDefined() throws Exception {
    assertRefused(definition(true, "bios", ROOT, new Disk("data", 1L << 20, null)))
        .contains("web.vmx has 1 disks (scsi0:0 web-000003.vmdk), spec.disks has 2");
  }

  @Test
  void aSourceMustBeTheDiskOfItsPlace() throws Exception {
    assertRefused(definition(true, "bios", new Disk("root", null, "web-000001.vmdk")))
        .contains("spec.disks[0].source.path is web-000001.vmdk")
        .contains("web-000003.vmdk, web-000002.vmdk, web.vmdk");
  }

  @Test
  void aSizeMustBeTheDisks() throws Exception {
    assertRefused(definition(true, "bios", new Disk("root", 1L << 30, "web.vmdk")))
        .contains("spec.disks[0].size is 1073741824 bytes")
        .contains("has " + SECTORS * 512L);
  }

  @Test
  void theFirmwareMustBeTheSame() throws Exception {
    assertRefused(definition(true, "efi", ROOT)).contains("spec.hardware.firmware is \"efi\"");
  }

  private AbstractStringAssert<?> assertRefused(VmDefinition definition) throws Exception {
    List<String> before = storage.list("");

    RefusedException refusal =
        catchThrowableOfType(
            RefusedException.class, () -> adopt(storage, definition, new StopRequest()));

    assertThat(refusal.reason()).isEqualTo(TaskReason.InvalidRequest);
    assertThat(storage.list("")).isEqualTo(before);
    assertThat(storage.exists(".vmsnap/journal.json")).isFalse();
    return assertThat(refusal.getMessage());
  }

  private boolean adopt(MemoryStorage directory, VmDefinition definition, StopRequest stop)
      throws IOException, RefusedException {
    try (OperationLock lock = OperationLock.tryAcquire(directory).orElseThrow()) {
      return new DirectoryAdoption(directory, definition, board, stop).run(lock);
    }
  }

  private static VmDefinition definition(boolean adopt, String firmware, Disk... disks) {
    return new VmDefinition(
        "shop",
        "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7",
        new VmDefinition.Hardware(1, 256L << 20, firmware, null, "auto"),
        List.of(disks),
        null,
        List.of(),
        false,
        30,
        adopt);
  }
}
