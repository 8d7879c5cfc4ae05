package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.hypervisor.qmp.QmpRunningVm;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.DirectoryFinding;
import io.vmsnap.snapshot.Sealing;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.SnapshotDeletion;
import io.vmsnap.snapshot.SnapshotRevert;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random writes, snapshots, deletions, reverts and power cycles of a machine that a real QEMU runs.
 * After each operation QEMU itself and our readers have to find in every block what a model in
 * memory says, in the running state and in every snapshot.
 */
@Timeout(570)
class SnapshotWalkQmpIT {
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 48;
  private static final int STRIDE = 5 * BLOCK;
  private static final int OPERATIONS = 60;
  private static final int MOST = 7;

  @TempDir Path folder;
  private LocalStorage storage;
  private WritingQemu qemu;
  private Random random;

  /** The pattern of every block, disk after disk; 0 for zeros. */
  private byte[] now = new byte[2 * BLOCKS];

  private final Map<Long, byte[]> states = new TreeMap<>();
  private double longestStall;
  private int liveDeletions;

  @AfterEach
  void end() throws Exception {
    if (qemu != null) {
      qemu.close();
    }
    storage.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void everyStateIsKept(long seed) throws Exception {
    random = new Random(seed);
    storage = new LocalStorage(folder);
    new DirectoryPreparer(storage, definition()).prepare();
    qemu = new WritingQemu(storage);
    for (int n = 0; n < OPERATIONS; n++) {
      String what = step(n);
      verify("seed " + seed + ", operation " + n + ": " + what);
    }
    delete(0, true);
    verify("seed " + seed + ", all deleted");
    assertThat(storage.list("")).noneMatch(f -> f.matches(".*-\\d{6}.*\\.vmdk"));
    System.out.printf(
        Locale.ROOT,
        "%d deletions of a running machine, longest stall %.1f ms%n",
        liveDeletions,
        longestStall);
  }

  private String step(int n) throws Exception {
    List<Long> uids = new ArrayList<>(states.keySet());
    int dice = random.nextInt(100);
    if (dice < 28 || uids.isEmpty() && dice >= 55) {
      return write();
    }
    if (uids.isEmpty() || dice < 55 && uids.size() < MOST) {
      long uid = take(n);
      return "take " + uid;
    }
    long uid = uids.get(random.nextInt(uids.size()));
    if (dice < 60) {
      powerOff();
      qemu = new WritingQemu(storage);
      return "power cycle";
    }
    if (dice < 70) {
      revert(n, uid);
      return "revert to " + uid;
    }
    boolean off = dice < 78;
    if (off) {
      powerOff();
    }
    delete(uid, false);
    if (off) {
      qemu = new WritingQemu(storage);
    }
    return "delete " + uid + (off ? ", powered off" : "");
  }

  private String write() throws Exception {
    for (int i = random.nextInt(8); i >= 0; i--) {
      int block = random.nextInt(2 * BLOCKS);
      byte pattern = (byte) (random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(250));
      String command = pattern == 0 ? "write -z -u -q" : "write -q -P " + (pattern & 0xff);
      qemu.onDisk(block / BLOCKS, command + " " + range(block));
      now[block] = pattern;
    }
    return "write";
  }

  private static String range(int block) {
    return block % BLOCKS * STRIDE + " " + BLOCK;
  }

  private long take(int n) throws Exception {
    long uid =
        new SnapshotCreation(storage, vm(), Clock.systemUTC(), stop(), Duration.ZERO)
            .run(null, new CreateSnapshotTask("r-" + n, "s" + n, "", false, "None", 0, 60, 32, 0))
            .uid();
    states.put(uid, now.clone());
    return uid;
  }

  private void revert(int n, long uid) throws Exception {
    powerOff();
    new SnapshotRevert(storage, vm(), Clock.systemUTC(), stop(), Duration.ZERO)
        .run(null, new RevertSnapshotTask("v-" + n, uid, "PoweredOff", null, 60, 32, 0));
    now = states.get(uid).clone();
    qemu = new WritingQemu(storage);
  }

  private void delete(long uid, boolean descendants) throws Exception {
    DeleteResult result =
        new SnapshotDeletion(storage, vm(), Clock.systemUTC(), stop(), Duration.ZERO)
            .run(null, new DeleteSnapshotTask("d-" + uid, uid, descendants, 0, 60));
    assertThat(result.pending()).isNull();
    states.keySet().removeAll(result.removedUids());
    Double stall = result.timing().stunMillis();
    if (stall != null) {
      liveDeletions++;
      longestStall = Math.max(longestStall, stall);
    }
  }

  private void powerOff() throws Exception {
    qemu.close();
    qemu = null;
    Sealing.sealAll(VmDirectory.open(storage));
  }

  private VmConnector vm() {
    return () ->
        qemu == null
            ? Optional.empty()
            : Optional.of(QmpRunningVm.connect(storage.path(".vmsnap/run/qmp-job.sock")));
  }

  private static StopSignal stop() {
    return new StopSignal(Duration.ofMinutes(1));
  }

  private void verify(String where) throws Exception {
    for (int block = 0; block < 2 * BLOCKS; block++) {
      String command = "read -q -P " + (now[block] & 0xff) + " " + range(block);
      try {
        qemu.onDisk(block / BLOCKS, command);
      } catch (IllegalStateException e) {
        throw new AssertionError(where + ": QEMU finds something else", e);
      }
    }
    qemu.flush();
    VmDirectory directory = VmDirectory.open(storage);
    List<String> active = directory.disks().stream().map(d -> d.active().fileName()).toList();
    assertThat(read(active)).as(where).isEqualTo(now);
    assertThat(directory.vmsd().snapshots()).as(where).hasSize(states.size());
    for (Map.Entry<Long, byte[]> state : states.entrySet()) {
      List<String> frozen =
          directory.vmsd().snapshot(state.getKey()).orElseThrow().disks().stream()
              .map(SnapshotDisk::fileName)
              .toList();
      assertThat(read(frozen)).as(where + ": " + state.getKey()).isEqualTo(state.getValue());
    }
    assertThat(DirectoryChecker.check(storage, false))
        .as(where)
        .noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR)
        .noneMatch(f -> f.message().contains("is used by no disk"));
  }

  /** The pattern of every block; fails if a block is not made of one pattern. */
  private byte[] read(List<String> descriptors) throws IOException {
    byte[] patterns = new byte[2 * BLOCKS];
    byte[] bytes = new byte[BLOCK];
    for (int disk = 0; disk < 2; disk++) {
      DiskChain chain = DiskChain.open(storage, descriptors.get(disk));
      try (ChainContent content = chain.content(storage, DiskChain.View.INDEX)) {
        for (int i = 0; i < BLOCKS; i++) {
          content.read(ByteBuffer.wrap(bytes), (long) i * STRIDE);
          byte[] whole = new byte[BLOCK];
          Arrays.fill(whole, bytes[0]);
          assertThat(bytes).as(descriptors.get(disk) + " block " + i).isEqualTo(whole);
          patterns[disk * BLOCKS + i] = bytes[0];
        }
      }
    }
    return patterns;
  }

  private static VmDefinition definition() {
    List<VmDefinition.Disk> disks = new ArrayList<>();
    for (int k = 0; k < 2; k++) {
      disks.add(new VmDefinition.Disk("disk" + k, 4L << 20, null));
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
