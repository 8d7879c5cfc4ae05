package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.deleteTask;
import static io.vmsnap.snapshot.TestMachine.deletion;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.prepare;
import static io.vmsnap.snapshot.TestMachine.reversion;
import static io.vmsnap.snapshot.TestMachine.revert;
import static io.vmsnap.snapshot.TestMachine.revertTask;
import static io.vmsnap.snapshot.TestMachine.snapshot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.VolumeSpace;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.RevertResult;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SnapshotRevertTest {
  private static final VmConnector OFF = VmConnector.POWERED_OFF;

  private final MemoryStorage storage = new MemoryStorage();
  private final Map<Long, List<ByteBuffer>> states = new HashMap<>();
  private long seed;
  private int requests;

  @BeforeEach
  void machineWithTwoDisks() throws Exception {
    prepare(storage, 2);
    guestWrites(storage, ++seed);
  }

  @Test
  void contentIsThatOfTheSnapshotAndTheAbandonedDisksAreGone() throws Exception {
    take(1);
    guestWrites(storage, ++seed);

    RevertResult result = revert(storage, OFF, "v-1", 1);

    verify(1);
    assertThat(result.powerState()).isEqualTo("PoweredOff");
    assertThat(result.memoryLoad()).isNull();
    assertThat(result.discardedBytes()).isPositive();
    assertThat(result.disks())
        .containsExactly(
            new RevertResult.DiskResult(
                "scsi0:0", "disk0", "web.vmdk", "web-000002.vmdk", "web-000001.vmdk"),
            new RevertResult.DiskResult(
                "scsi0:1", "disk1", "web_1.vmdk", "web_1-000002.vmdk", "web_1-000001.vmdk"));
    assertThat(storage.list(""))
        .contains("web-000002.vmdk", "web-000002-delta.vmdk")
        .doesNotContain("web-000001.vmdk", "web-000001-delta.vmdk");
    assertThat(storage.list(".vmsnap"))
        .contains("web-000002.idx")
        .doesNotContain("web-000001.idx", "web-000001.sealed");
  }

  /**
   *
   *
   * <pre>
   * 1 - 2 - 3        reverts go along a branch, back, across to another one,
   *      \- 4 - 5    and each time the guest writes before the next
   *  \- 6
   * </pre>
   */
  @Test
  void treeOfThreeBranchesKeepsEveryState() throws Exception {
    take(1);
    write();
    take(2);
    write();
    take(3);
    write();
    go(2);
    write();
    take(4);
    write();
    take(5);
    go(1);
    write();
    take(6);
    write();
    for (long uid : new long[] {5, 3, 6, 4, 1, 2, 5, 5, 6}) {
      go(uid);
      write();
    }

    VmDirectory directory = VmDirectory.open(storage);
    assertThat(directory.vmsd().snapshots())
        .extracting(SnapshotEntry::uid, SnapshotEntry::parentUid)
        .containsExactly(
            tuple(1L, null),
            tuple(2L, 1L),
            tuple(3L, 2L),
            tuple(4L, 2L),
            tuple(5L, 4L),
            tuple(6L, 1L));
    assertThat(directory.vmsd().currentUid()).contains(6L);
  }

  @Test
  void theCurrentSnapshotAgainAndAgainLeavesNothingBehind() throws Exception {
    take(1);
    Set<String> before = new HashSet<>(storage.list(""));
    for (int i = 0; i < 20; i++) {
      write();
      go(1);
    }

    assertThat(storage.list("")).hasSameSizeAs(before);
  }

  @Test
  void frozenDisksAreNotTouched() throws Exception {
    take(1);
    write();
    take(2);
    write();

    revert(storage, OFF, "x-1", 1);

    for (String file : List.of("web-000001.vmdk", "web-000001-delta.vmdk", "web_1-000001.vmdk")) {
      assertThat(storage.exists(file)).as("frozen by snapshot 2: " + file).isTrue();
      assertThat(storage.isReadOnly(file)).as(file).isTrue();
    }
    verify(1);
    go(2);
  }

  @Test
  void requestIsServedOnceForEver() throws Exception {
    take(1);
    revert(storage, OFF, "v-1", 1);
    write();
    List<ByteBuffer> later = content(storage);

    RevertResult again = revert(storage, OFF, "v-1", 1);

    assertThat(again.snapshotUid()).isEqualTo(1);
    assertThat(again.powerState()).isEqualTo("PoweredOff");
    assertThat(content(storage)).as("what was written since").isEqualTo(later);
    assertThat(RevertLedger.read(storage).entries()).hasSize(1);
  }

  @Test
  void ledgerThatCannotBeReadStopsReverts() throws Exception {
    take(1);
    write();
    WholeFile.replace(storage, RevertLedger.FILE, "{".getBytes(StandardCharsets.UTF_8));

    assertThat(
            catchThrowableOfType(DamagedFileException.class, () -> revert(storage, OFF, "v-1", 1)))
        .hasMessageContaining(RevertLedger.FILE);
    assertThat(FailureReason.of(new DamagedFileException("f", "p")))
        .isEqualTo(TaskReason.DirectoryDamaged);
  }

  @Test
  void hardwareIsThatOfTheSnapshot() throws Exception {
    VmxFile first = vmx().with("numvcpus", "1").withGenerationId(new UUID(1, 2));
    WholeFile.replace(storage, "web.vmx", first.toBytes());
    take(1);
    WholeFile.replace(
        storage,
        "web.vmx",
        vmx().with("numvcpus", "8").with("vmsnap.boot.kernel", "new").toBytes());

    revert(storage, OFF, "v-1", 1);

    assertThat(vmx().get("numvcpus")).contains("1");
    assertThat(vmx().get("vmsnap.boot.kernel")).isEmpty();
    assertThat(vmx().get(VmxFile.GENERATION_ID)).isPresent().get().isNotEqualTo("1");
    String id = vmx().get(VmxFile.GENERATION_ID).orElseThrow();
    revert(storage, OFF, "v-2", 1);
    assertThat(vmx().get(VmxFile.GENERATION_ID)).get().isNotEqualTo(id);
    assertThat(vmx().uuid()).isEqualTo(first.uuid());
  }

  /** A start must not bring the hardware of the definition back by itself. */
  @Test
  void hardwareOfTheSnapshotHoldsUntilTheDefinitionChanges() throws Exception {
    take(1);
    VmDefinition bigger = withCpus(TestMachine.definition(2), 8);
    new DirectoryPreparer(storage, bigger).prepare();
    assertThat(vmx().get("numvcpus")).contains("8");

    reversion(storage, OFF).run(bigger, revertTask("v-1", 1, null));
    new DirectoryPreparer(storage, bigger).prepare();
    assertThat(vmx().get("numvcpus")).contains("1");

    new DirectoryPreparer(storage, withCpus(bigger, 4)).prepare();
    assertThat(vmx().get("numvcpus")).contains("4");
    new DirectoryPreparer(storage, bigger).prepare();
    assertThat(vmx().get("numvcpus")).as("the override is over").contains("8");
  }

  @Test
  void diskAddedSinceIsTakenOutAndItsFilesStay() throws Exception {
    MemoryStorage one = new MemoryStorage();
    prepare(one, 1);
    guestWrites(one, 1);
    List<ByteBuffer> first = content(one);
    snapshot(one, OFF, "r-1");
    prepare(one, 2);
    guestWrites(one, 2);
    snapshot(one, OFF, "r-2");
    List<ByteBuffer> second = content(one);
    guestWrites(one, 3);

    reversion(one, OFF).run(TestMachine.definition(2), revertTask("v-1", 1, null));

    assertThat(content(one)).isEqualTo(first);
    prepare(one, 2); // the definition is overridden: the disk stays out
    assertThat(content(one)).isEqualTo(first);
    assertThat(catchThrowableOfType(Exception.class, () -> prepare(one, 3)))
        .as("its base belongs to snapshot 2, and may not be written to")
        .hasMessageContaining("web_1.vmdk belongs to snapshot 2");
    reversion(one, OFF).run(TestMachine.definition(2), revertTask("v-2", 2, null));
    assertThat(content(one)).isEqualTo(second);
    assertThat(DirectoryChecker.check(one, false)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "FromSnapshot, PoweredOff",
    "PoweredOn,    PoweredOn",
    "PoweredOff,   PoweredOff",
    ",             PoweredOff"
  })
  void withoutMemoryPowerIsWhatWasAskedFor(String power, String after) throws Exception {
    take(1);

    RevertResult result = reversion(storage, OFF).run(null, revertTask("v-1", 1, power));

    assertThat(result.powerState()).isEqualTo(after);
    assertThat(vmx().get(VmxFile.RESUME_FROM)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "FromSnapshot, Eager,    PoweredOn,  Eager",
    "PoweredOn,    ,         PoweredOn,  OnDemand",
    "PoweredOff,   OnDemand, PoweredOff, "
  })
  void memoryIsResumedUnlessPowerOffIsAskedFor(
      String power, String load, String after, String loaded) throws Exception {
    take(1);
    withMemory();

    RevertResult result =
        reversion(storage, OFF)
            .run(null, new RevertSnapshotTask("v-1", 1, power, load, 60, 32, 20));

    assertThat(result.powerState()).isEqualTo(after);
    assertThat(result.memoryLoad()).isEqualTo(loaded);
    assertThat(vmx().get(VmxFile.RESUME_FROM).orElse(null))
        .isEqualTo(loaded == null ? null : "web-Snapshot1.vmsn");
  }

  @Test
  void memoryOfAnotherProgramIsNotPromised() throws Exception {
    take(1);
    withMemory();
    WholeFile.replace(
        storage,
        "web.vmsd",
        vmsd().withProperty(1, SnapshotEntry.MEMORY_FORMAT, "vmware").toBytes());

    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class,
            () -> reversion(storage, OFF).run(null, revertTask("v-1", 1, null)));
    assertThat(refused.reason()).isEqualTo(TaskReason.NotSupported);

    RevertResult boots = reversion(storage, OFF).run(null, revertTask("v-2", 1, "PoweredOn"));
    assertThat(boots.memoryLoad()).isNull();
    assertThat(boots.powerState()).isEqualTo("PoweredOn");
  }

  @Test
  void suspendedMemoryGoesWithTheStateItBelongsTo() throws Exception {
    take(1);
    WholeFile.replace(storage, "web.vmss", new byte[4096]);
    WholeFile.replace(storage, "web.vmx", vmx().withResume("web.vmss", null).toBytes());

    revert(storage, OFF, "v-1", 1);

    assertThat(storage.exists("web.vmss")).isFalse();
    assertThat(vmx().get(VmxFile.RESUME_FROM)).isEmpty();
  }

  @Test
  void memoryOfADeletedSnapshotGoesWithTheNextRevert() throws Exception {
    take(1);
    take(2);
    WholeFile.replace(storage, "web.vmx", vmx().withResume("web-Snapshot2.vmsn", null).toBytes());
    deletion(storage, OFF).run(null, deleteTask(2));
    assertThat(storage.exists("web-Snapshot2.vmsn")).as("the machine is to go on there").isTrue();

    revert(storage, OFF, "v-1", 1);

    assertThat(storage.exists("web-Snapshot2.vmsn")).isFalse();
    assertThat(storage.exists("web-Snapshot1.vmsn")).isTrue();
    assertThat(DirectoryChecker.check(storage, false)).isEmpty();
  }

  @Test
  void whatCannotBeServedChangesNothing() throws Exception {
    take(1);
    write();
    take(2);
    write();
    Map<String, String> before = names();

    assertThat(refusal(revertTask("v-1", 7, null))).isEqualTo(TaskReason.SnapshotNotFound);
    assertThat(refusal(revertTask("", 1, null))).isEqualTo(TaskReason.InvalidRequest);
    assertThat(refusal(revertTask("v-1", 1, "Maybe"))).isEqualTo(TaskReason.InvalidRequest);
    assertThat(refusal(new RevertSnapshotTask("v-1", 1, null, "Soon", 60, 32, 20)))
        .isEqualTo(TaskReason.InvalidRequest);
    assertThat(refusal(new RevertSnapshotTask("v-1", 2, null, null, 60, 1, 20)))
        .isEqualTo(TaskReason.ChainTooDeep);
    storage.setSpace(new VolumeSpace(1 << 30, 100));
    assertThat(refusal(revertTask("v-1", 1, null))).isEqualTo(TaskReason.InsufficientSpace);

    assertThat(names()).isEqualTo(before);
    assertThat(storage.exists(Journal.FILE)).isFalse();
  }

  @Test
  void snapshotWhoseDiskIsMissingIsNotRevertedTo() throws Exception {
    take(1);
    write();
    take(2);
    write();
    storage.delete("web-000001-delta.vmdk");
    List<String> before = storage.list("");

    IOException e = catchThrowableOfType(IOException.class, () -> revert(storage, OFF, "v-1", 2));

    assertThat(FailureReason.of(e)).isEqualTo(TaskReason.DirectoryDamaged);
    assertThat(e).hasMessageContaining("web-000001");
    assertThat(storage.list("")).isEqualTo(before);
  }

  private TaskReason refusal(RevertSnapshotTask task) {
    return catchThrowableOfType(
            RefusedException.class, () -> reversion(storage, OFF).run(null, task))
        .reason();
  }

  private Map<String, String> names() throws IOException {
    Map<String, String> names = new HashMap<>();
    for (String name : storage.list("")) {
      names.put(name, "");
    }
    names.put("vmsd", new String(vmsd().toBytes(), StandardCharsets.UTF_8));
    names.put("vmx", new String(vmx().toBytes(), StandardCharsets.UTF_8));
    return names;
  }

  /** As a snapshot with memory stands in the history. */
  private void withMemory() throws IOException {
    TestMachine.markMemory(storage, 0);
  }

  private void take(long uid) throws Exception {
    states.put(uid, content(storage));
    assertThat(snapshot(storage, OFF, "r-" + uid).uid()).isEqualTo(uid);
  }

  private void write() throws IOException {
    List<ByteBuffer> before = content(storage);
    guestWrites(storage, ++seed);
    assertThat(content(storage)).isNotEqualTo(before);
  }

  private void go(long uid) throws Exception {
    revert(storage, OFF, "v-" + ++requests, uid);
    verify(uid);
  }

  private void verify(long current) throws IOException {
    assertThat(content(storage))
        .as("after the revert to " + current)
        .isEqualTo(states.get(current));
    for (Map.Entry<Long, List<ByteBuffer>> state : states.entrySet()) {
      assertThat(content(storage, state.getKey()))
          .as("snapshot " + state.getKey())
          .isEqualTo(state.getValue());
    }
    assertThat(vmsd().currentUid()).contains(current);
    assertThat(storage.exists(Journal.FILE)).isFalse();
    assertThat(DirectoryChecker.check(storage, false)).isEmpty();
  }

  private static VmDefinition withCpus(VmDefinition d, int cpus) {
    VmDefinition.Hardware h = d.hardware();
    return new VmDefinition(
        d.name(),
        d.uuid(),
        new VmDefinition.Hardware(
            cpus, h.memoryBytes(), h.firmware(), h.cpuModel(), h.accelerator()),
        d.disks(),
        d.boot(),
        d.ports(),
        d.guestAgent(),
        d.stopTimeoutSeconds());
  }

  private VmxFile vmx() throws IOException {
    return VmDirectory.readVmx(storage, "web");
  }

  private VmsdFile vmsd() throws IOException {
    return VmDirectory.readVmsd(storage, "web");
  }
}
