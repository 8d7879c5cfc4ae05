package io.vmsnap.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.snapshot.DirectoryFinding.Severity;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DirectoryCheckerTest {
  private final MemoryStorage storage = new MemoryStorage();

  @BeforeEach
  void machineWithTwoSnapshots() throws Exception {
    TestMachine.prepare(storage, 2);
    TestMachine.guestWrites(storage, 1);
    TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-1");
    TestMachine.guestWrites(storage, 2);
    TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-2");
  }

  @Test
  void soundDirectoryHasNoFindings() throws Exception {
    assertThat(check()).isEmpty();
  }

  @Test
  void activeDisksOfARunningMachineAreLeftOut() throws Exception {
    TestMachine.guestWrites(storage, 3);

    assertThat(check()).isNotEmpty().allMatch(f -> f.severity() == Severity.NOTICE);
    assertThat(DirectoryChecker.check(storage, true)).isEmpty();
  }

  @Test
  void sealingMendsWhatIsNotSealed() throws Exception {
    TestMachine.guestWrites(storage, 3);

    assertThat(Sealing.sealAll(VmDirectory.open(storage)))
        .containsExactly("web-000002.vmdk", "web_1-000002.vmdk");

    assertThat(check()).isEmpty();
  }

  @Test
  void lostFrozenDiskIsAnError() throws Exception {
    storage.delete("web-flat.vmdk");

    assertThat(errors()).anyMatch(f -> f.message().contains("web-flat.vmdk"));
  }

  @Test
  void lostAndDamagedStateFilesAreErrors() throws Exception {
    byte[] state = storage.content("web-Snapshot1.vmsn");
    state[50] ^= 1;
    storage.with("web-Snapshot1.vmsn", state);
    storage.delete("web-Snapshot2.vmsn");

    assertThat(errors())
        .extracting(DirectoryFinding::file)
        .containsExactly("web-Snapshot1.vmsn", "web-Snapshot2.vmsn");
  }

  @Test
  void stateFileOfAnotherSnapshotIsAnError() throws Exception {
    storage.with("web-Snapshot1.vmsn", storage.content("web-Snapshot2.vmsn"));

    assertThat(errors()).singleElement().matches(f -> f.message().contains("uid 2"));
  }

  @Test
  void configurationThatWentBackIsAnError() throws Exception {
    String vmx = new String(storage.content("web.vmx"), StandardCharsets.UTF_8);
    storage.with("web.vmx", vmx.replace("web-000002.vmdk", "web-000001.vmdk"));

    assertThat(errors())
        .singleElement()
        .matches(f -> f.message().contains("scsi0:0 is not based on web-000001.vmdk"));
  }

  @Test
  void damagedHistoryIsAnError() throws Exception {
    storage.with("web.vmsd", "garbage");

    assertThat(errors())
        .singleElement()
        .matches(f -> f.file().equals("web.vmsd") && f.message().contains("line 1"));
  }

  @Test
  void whatNobodyUsesIsNoticed() throws Exception {
    storage
        .with("web-000009.vmdk", "left over")
        .with("web.vmx~", "")
        .with(".vmsnap/web-000009.idx", "")
        .with("notes.txt", "mine");

    assertThat(check())
        .allMatch(f -> f.severity() == Severity.NOTICE)
        .extracting(DirectoryFinding::file)
        .containsExactlyInAnyOrder("web-000009.vmdk", "web.vmx~", ".vmsnap/web-000009.idx");
  }

  @Test
  void operationUnderWayIsNoticed() throws Exception {
    storage.with(Journal.FILE, "{}");

    assertThat(check())
        .singleElement()
        .matches(f -> f.severity() == Severity.NOTICE && f.file().equals(Journal.FILE));
  }

  private List<DirectoryFinding> check() throws IOException {
    return DirectoryChecker.check(storage, false);
  }

  private List<DirectoryFinding> errors() throws IOException {
    return check().stream().filter(f -> f.severity() == Severity.ERROR).toList();
  }
}
