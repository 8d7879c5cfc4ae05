package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.ExternalTool;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.Sealing;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DescribeSnapshotTask;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code vmsnap job revert} as a process of its own on the directory of a machine that is off, with
 * disks that a real QEMU wrote. The content of every state is compared by hash, as {@code qemu-img}
 * reads it.
 */
@Timeout(300)
class RevertQmpIT {
  private static final long CAPACITY = 48L << 20;

  @TempDir Path folder;
  private LocalStorage storage;
  private JobRun job;
  private final Map<Long, List<String>> states = new TreeMap<>();
  private int written;
  private int requests;

  @BeforeEach
  void machine() throws Exception {
    storage = new LocalStorage(folder);
    new DirectoryPreparer(storage, definition()).prepare();
    job = new JobRun(folder, definition());
  }

  @AfterEach
  void close() throws Exception {
    storage.close();
  }

  @Test
  void treeOfThreeBranchesKeepsEveryState() throws Exception {
    write();
    take(1);
    write();
    take(2);
    write();
    go(1);
    write();
    take(3);
    write();
    go(1);
    write();
    take(4);
    write();
    for (long uid : new long[] {2, 3, 3, 1, 4}) {
      go(uid);
      write();
    }

    assertThat(VmDirectory.open(storage).vmsd().snapshots())
        .filteredOn(s -> s.uid() > 1)
        .extracting(SnapshotEntry::parentUid)
        .containsOnly(1L);
    TaskOutcome described =
        job.run("describe", new DescribeSnapshotTask("d-1", 2, "second", "the second", 60));
    assertThat(described.reason()).as(described.message()).isEqualTo(TaskReason.Completed);
    assertThat(VmDirectory.open(storage).vmsd().snapshot(2).orElseThrow().description())
        .isEqualTo("the second");
    TaskOutcome refused =
        job.run("revert", new RevertSnapshotTask("v-x", 9, null, null, 60, 32, 0));
    assertThat(refused.reason()).isEqualTo(TaskReason.SnapshotNotFound);
    assertThat(refused.revert()).isNull();
  }

  private void take(long uid) throws Exception {
    TaskOutcome outcome =
        job.run(
            "create",
            new CreateSnapshotTask("r-" + uid, "s" + uid, "", false, "None", 0, 60, 32, 0));
    assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
    states.put(uid, hashes(frozen(uid)));
  }

  private void go(long uid) throws Exception {
    TaskOutcome outcome =
        job.run("revert", new RevertSnapshotTask("v-" + ++requests, uid, null, null, 60, 32, 0));
    assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
    assertThat(outcome.revert().powerState()).isEqualTo("PoweredOff");
    assertThat(outcome.revert().disks()).hasSize(2);
    assertThat(DirectoryChecker.check(storage, false)).isEmpty();
    assertThat(hashes(active())).as("after the revert to " + uid).isEqualTo(states.get(uid));
    for (Map.Entry<Long, List<String>> state : states.entrySet()) {
      assertThat(hashes(frozen(state.getKey())))
          .as("snapshot " + state.getKey())
          .isEqualTo(state.getValue());
    }
  }

  /** What a QEMU writes from now on is different each time. */
  private void write() throws Exception {
    List<String> before = hashes(active());
    try (WritingQemu qemu = new WritingQemu(storage, written)) {
      qemu.write(6);
      written = qemu.acknowledged();
    }
    Sealing.sealAll(VmDirectory.open(storage));
    assertThat(hashes(active())).isNotEqualTo(before);
  }

  private List<String> active() throws Exception {
    return VmDirectory.open(storage).disks().stream()
        .map(VmDisk::active)
        .map(d -> d.fileName())
        .toList();
  }

  private List<String> frozen(long uid) throws Exception {
    return VmDirectory.open(storage).vmsd().snapshot(uid).orElseThrow().disks().stream()
        .map(SnapshotDisk::fileName)
        .toList();
  }

  private List<String> hashes(List<String> descriptors) throws Exception {
    List<String> hashes = new ArrayList<>();
    for (String descriptor : descriptors) {
      Path raw = folder.resolve("out.raw");
      ExternalTool.named("qemu-img")
          .run(folder, "convert", "-f", "vmdk", "-O", "raw", descriptor, raw.toString());
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      hashes.add(HexFormat.of().formatHex(digest.digest(Files.readAllBytes(raw))));
      Files.delete(raw);
    }
    return hashes;
  }

  private static VmDefinition definition() {
    List<VmDefinition.Disk> disks = new ArrayList<>();
    for (int k = 0; k < 2; k++) {
      disks.add(new VmDefinition.Disk("disk" + k, CAPACITY, null));
    }
    return new VmDefinition(
        "web",
        "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7",
        new VmDefinition.Hardware(1, 64 << 20, "bios", null, "tcg"),
        disks,
        null,
        List.of(),
        false,
        30);
  }
}
