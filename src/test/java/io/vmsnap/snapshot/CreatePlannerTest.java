package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.DirectoryStates.GIB;
import static io.vmsnap.snapshot.DirectoryStates.fresh;
import static io.vmsnap.snapshot.DirectoryStates.task;
import static io.vmsnap.snapshot.DirectoryStates.withDisk;
import static io.vmsnap.snapshot.DirectoryStates.withFiles;
import static io.vmsnap.snapshot.DirectoryStates.withFree;
import static io.vmsnap.snapshot.DirectoryStates.withIndexes;
import static io.vmsnap.snapshot.DirectoryStates.withVmsd;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DiskAddress;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxDisk;
import io.vmsnap.vmdir.VmxFile;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CreatePlannerTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678901Z");

  @Test
  void numberOfSnapshotsOnAllBranchesIsLimited() throws Exception {
    DirectoryState state = fresh(2);
    CreateSnapshotTask one =
        new CreateSnapshotTask("r-1", "n", "", false, "None", 0, 600, 32, 20, 1);
    CreatePlan first = CreatePlanner.plan(state, one, PowerState.PoweredOff, NOW);
    VmsdFile vmsd = VmsdFile.parse("web.vmsd", first.files().getLast().content());

    assertThat(refusal(withVmsd(state, vmsd), one).reason()).isEqualTo(TaskReason.TooManySnapshots);
  }

  @Test
  void everyDiskGetsADelta() throws Exception {
    CreatePlan plan = plan(fresh(2));

    assertThat(plan.uid()).isEqualTo(1);
    assertThat(plan.deltas())
        .containsExactly(
            new NewDelta("scsi0:0", "web.vmdk", "web-000001.vmdk"),
            new NewDelta("scsi0:1", "web_1.vmdk", "web_1-000001.vmdk"));
    assertThat(plan.files())
        .extracting(NewFile::name)
        .containsExactly("web-Snapshot1.vmsn", "web.vmx", "web.vmsd");
  }

  @Test
  void configurationNamesTheDeltasAndHistoryTheFrozenDisks() throws Exception {
    CreatePlan plan = plan(fresh(2));

    VmxFile vmx = VmxFile.parse("web.vmx", plan.files().get(1).content());
    assertThat(vmx.disks())
        .extracting(VmxDisk::fileName)
        .containsExactly("web-000001.vmdk", "web_1-000001.vmdk");
    VmsdFile vmsd = VmsdFile.parse("web.vmsd", plan.files().get(2).content());
    SnapshotEntry snapshot = vmsd.snapshots().getFirst();
    assertThat(snapshot.disks())
        .containsExactly(
            new SnapshotDisk("scsi0:0", "web.vmdk"), new SnapshotDisk("scsi0:1", "web_1.vmdk"));
    assertThat(snapshot.createTime()).isEqualTo(NOW);
    assertThat(snapshot.parentUid()).isNull();
    assertThat(snapshot.property(SnapshotEntry.REQUEST_ID)).contains("r-1");
    assertThat(vmsd.currentUid()).contains(1L);
  }

  @Test
  void secondSnapshotHangsUnderTheFirst() throws Exception {
    DirectoryState first = fresh(1);
    VmsdFile vmsd = VmsdFile.parse("web.vmsd", plan(first).files().get(2).content());

    CreatePlan plan = plan(withVmsd(first, vmsd));

    assertThat(plan.uid()).isEqualTo(2);
    assertThat(VmsdFile.parse("web.vmsd", plan.files().get(2).content()).snapshot(2))
        .map(SnapshotEntry::parentUid)
        .contains(1L);
  }

  @Test
  void numberIsTheFirstForWhichNoFileIsThere() throws Exception {
    assertThat(delta(withFiles(fresh(1), "web-000001.vmdk", "web-000003.vmdk")))
        .isEqualTo("web-000002.vmdk");
    assertThat(delta(withFiles(fresh(1), "web-000001-delta.vmdk"))).isEqualTo("web-000002.vmdk");
    assertThat(delta(withIndexes(fresh(1), "web-000001.idx"))).isEqualTo("web-000002.vmdk");
    assertThat(delta(withFiles(fresh(1), "web_1-000001.vmdk"))).isEqualTo("web-000001.vmdk");
  }

  @Test
  void numberComesFromTheBaseAlsoWhenADeltaIsActive() throws Exception {
    DiskState active =
        new DiskState(DiskAddress.ofPosition(0), "root", "web.vmdk", "web-000001.vmdk", GIB, false);
    DirectoryState state = withFiles(withDisk(fresh(1), 0, active), "web-000001.vmdk");

    assertThat(plan(state).deltas())
        .containsExactly(new NewDelta("scsi0:0", "web-000001.vmdk", "web-000002.vmdk"));
  }

  @Test
  void twoDisksOfOneStemGetTwoNames() throws Exception {
    DiskState same =
        new DiskState(DiskAddress.ofPosition(1), "copy", "web.vmdk", "web.vmdk", GIB, false);

    assertThat(plan(withDisk(fresh(2), 1, same)).deltas())
        .extracting(NewDelta::delta)
        .containsExactly("web-000001.vmdk", "web-000002.vmdk");
  }

  @Test
  void spaceIsRefusedWithTheNumbers() throws Exception {
    RefusedException refusal = refusal(withFree(fresh(2), 4 * GIB - 1), task());

    assertThat(refusal.reason()).isEqualTo(TaskReason.InsufficientSpace);
    assertThat(refusal)
        .hasMessageContaining("" + (4 * GIB - 1))
        .hasMessageContaining("" + 4 * GIB)
        .hasMessageContaining("" + 20 * GIB);
    assertThat(plan(withFree(fresh(2), 4 * GIB)).uid()).isEqualTo(1);
  }

  @Test
  void requiredSpaceOfAHugeMachineDoesNotOverflow() {
    DiskState huge =
        new DiskState(DiskAddress.ofPosition(0), "d", "web.vmdk", "web.vmdk", 1L << 61, false);

    assertThat(CreateDirectoryCheck.requiredBytes(withDisk(fresh(1), 0, huge), 100))
        .isEqualTo(1L << 61);
  }

  @Test
  void chainThatIsTooDeepIsRefused() throws Exception {
    DirectoryState state = fresh(1);
    for (int depth = 0; depth < 2; depth++) {
      state = withVmsd(state, VmsdFile.parse("web.vmsd", plan(state).files().get(2).content()));
    }
    CreateSnapshotTask shallow = new CreateSnapshotTask("r", "n", "", false, "None", 0, 600, 2, 20);

    assertThat(refusal(state, shallow).reason()).isEqualTo(TaskReason.ChainTooDeep);
  }

  @Test
  void independentDiskIsRefused() {
    DiskState independent =
        new DiskState(DiskAddress.ofPosition(0), "d", "web.vmdk", "web.vmdk", GIB, true);

    assertThat(refusal(withDisk(fresh(1), 0, independent), task()).reason())
        .isEqualTo(TaskReason.DiskNotSupported);
  }

  @Test
  void diskBeyondTheFormatsLimitIsRefused() {
    DiskState huge =
        new DiskState(
            DiskAddress.ofPosition(0), "d", "web.vmdk", "web.vmdk", (2046L << 30) + 512, false);

    assertThat(refusal(withDisk(fresh(1), 0, huge), task()).reason())
        .isEqualTo(TaskReason.DiskNotSupported);
  }

  @Test
  void machineWithoutDisksIsRefused() {
    assertThat(refusal(fresh(0), task()).reason()).isEqualTo(TaskReason.InvalidRequest);
  }

  @Test
  void stateFileOfALostHistoryIsNotOverwritten() {
    RefusedException refusal = refusal(withFiles(fresh(1), "web-Snapshot1.vmsn"), task());

    assertThat(refusal.reason()).isEqualTo(TaskReason.DirectoryDamaged);
    assertThat(refusal).hasMessageContaining("web-Snapshot1.vmsn").hasMessageContaining("web.vmsd");
  }

  @Test
  void memoryIsKeptInTheStateFileAndNotQuiesced() throws Exception {
    DirectoryState state = withMemory(fresh(1), "64");

    CreatePlan plan =
        CreatePlanner.plan(state, with(true, "BestEffort"), PowerState.PoweredOn, NOW);

    assertThat(plan.memory()).isEqualTo(new CreatePlan.NewMemory("web-Snapshot1.vmsn", 65536));
    assertThat(plan.files())
        .extracting(CreatePlan.NewFile::name)
        .containsExactly("web.vmx", "web.vmsd");
    SnapshotEntry entry =
        VmsdFile.parse("web.vmsd", plan.files().getLast().content()).snapshots().getFirst();
    assertThat(entry.memory()).isTrue();
    assertThat(entry.property(SnapshotEntry.CONSISTENCY)).contains("Memory");
    assertThat(entry.property(SnapshotEntry.QUIESCE)).contains("NotNeededWithMemory");
  }

  @Test
  void memoryOfAMachineThatIsOffIsNeverLeftOutSilently() {
    RefusedException refusal =
        catchThrowableOfType(
            RefusedException.class,
            () ->
                CreatePlanner.plan(
                    withMemory(fresh(1), "64"), with(true, "None"), PowerState.PoweredOff, NOW));

    assertThat(refusal.reason()).isEqualTo(TaskReason.MemoryNotAvailable);
  }

  @Test
  void spaceForTheMemoryIsDemanded() {
    DirectoryState state = withMemory(fresh(1), Long.toString(1L << 40));

    RefusedException refusal = refusal(state, with(true, "None"));

    assertThat(refusal.reason()).isEqualTo(TaskReason.InsufficientSpace);
    assertThat(refusal).hasMessageContaining((1L << 60) + " bytes for the memory");
    assertThat(refusal(withMemory(fresh(1), "lots"), with(true, "None")))
        .hasMessageContaining("memSize");
  }

  @Test
  void quiescingIsNotRequiredWithMemory() {
    assertThat(refusal(fresh(1), with(true, "Required")))
        .hasMessageContaining("would resume frozen");
  }

  @Test
  void historyWithoutRoomIsRefused() throws Exception {
    DirectoryState state = fresh(1);
    int most = VmsdFile.MAX_SNAPSHOTS;
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < most; i++) {
      text.append("snapshot%d.uid = \"%d\"\n".formatted(i, i + 1))
          .append("snapshot%d.filename = \"s%d.vmsn\"\n".formatted(i, i));
    }
    text.append(
        "snapshot.lastUID = \"%d\"\nsnapshot.numSnapshots = \"%d\"\n".formatted(most, most));
    DirectoryState full =
        new DirectoryState(
            state.vmName(),
            state.vmx(),
            VmsdFile.parse("web.vmsd", text.toString().getBytes(StandardCharsets.UTF_8)),
            state.disks(),
            state.files(),
            state.indexes(),
            state.space());

    RefusedException refusal = refusal(full, task());

    assertThat(refusal.reason()).isEqualTo(TaskReason.TooManySnapshots);
    assertThat(refusal).hasMessageContaining("web.vmsd has 10000 snapshots");
  }

  @Test
  void malformedRequestsAreRefused() {
    assertThat(refusal(fresh(1), with(false, "Sometimes")).reason())
        .isEqualTo(TaskReason.InvalidRequest);
    assertThat(
            refusal(fresh(1), new CreateSnapshotTask(null, "n", "", false, "None", 0, 1, 32, 20)))
        .hasMessageContaining("requestId");
    assertThat(refusal(fresh(1), new CreateSnapshotTask("r", " ", "", false, "None", 0, 1, 32, 20)))
        .hasMessageContaining("displayName");
    assertThat(
            refusal(
                fresh(1),
                new CreateSnapshotTask("r", "n".repeat(1025), "", false, "None", 0, 1, 32, 20)))
        .hasMessageContaining("displayName");
    assertThat(refusal(fresh(1), new CreateSnapshotTask("r", "n", "", false, "None", 0, 1, 0, 20)))
        .hasMessageContaining("maxDepth");
    assertThat(refusal(fresh(1), new CreateSnapshotTask("r", "n", "", false, "None", 0, 1, 1, 101)))
        .hasMessageContaining("reservePercent");
  }

  @Test
  void namesWithQuotesAndNewlinesStayInTheirLine() throws Exception {
    CreateSnapshotTask task =
        new CreateSnapshotTask(
            "r", "a \"b\"\nsnapshot.current = \"9\"", "|22", false, "None", 0, 1, 32, 20);

    CreatePlan plan = CreatePlanner.plan(fresh(1), task, PowerState.PoweredOff, NOW);

    byte[] text = plan.files().get(2).content();
    VmsdFile vmsd = VmsdFile.parse("web.vmsd", text);
    assertThat(vmsd.currentUid()).contains(1L);
    assertThat(vmsd.snapshots().getFirst().displayName()).isEqualTo(task.displayName());
    assertThat(vmsd.snapshots().getFirst().description()).isEqualTo("|22");
    assertThat(new String(text, StandardCharsets.UTF_8).lines().filter(l -> l.contains("current")))
        .hasSize(2); // the key, and the display name
  }

  private static CreatePlan plan(DirectoryState state) throws RefusedException {
    return CreatePlanner.plan(state, task(), PowerState.PoweredOn, NOW);
  }

  private static String delta(DirectoryState state) throws RefusedException {
    return plan(state).deltas().getFirst().delta();
  }

  private static DirectoryState withMemory(DirectoryState state, String mebibytes) {
    return new DirectoryState(
        state.vmName(),
        state.vmx().with("memSize", mebibytes),
        state.vmsd(),
        state.disks(),
        state.files(),
        state.indexes(),
        state.space());
  }

  private static CreateSnapshotTask with(boolean memory, String quiesce) {
    return new CreateSnapshotTask("r", "n", "", memory, quiesce, 10, 600, 32, 20);
  }

  private static RefusedException refusal(DirectoryState state, CreateSnapshotTask task) {
    return catchThrowableOfType(
        RefusedException.class, () -> CreatePlanner.plan(state, task, PowerState.PoweredOn, NOW));
  }
}
