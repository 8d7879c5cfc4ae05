package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.job.HumanMonitor;
import io.vmsnap.job.QemuConnector;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.DirectoryFinding;
import io.vmsnap.snapshot.MachineSuspension;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.SnapshotDeletion;
import io.vmsnap.snapshot.SnapshotRevert;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.RevertResult;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.SuspendTask;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random snapshots with and without memory, reverts, deletions, writes, suspensions and power cuts
 * of a machine that a real runner and a real QEMU run, or that is off. After each operation QEMU
 * itself and our readers have to find what a model in memory says, in the running state and in
 * every snapshot: in every block of the disks, and in a register of the machine, which only saved
 * memory brings back.
 */
@Timeout(1200)
class RunnerWalkIT {
  private static final int OPERATIONS = Integer.getInteger("vmsnap.walk.operations", 200);
  private static final int MOST_SNAPSHOTS = 6;
  private static final Duration START = Duration.ofSeconds(120);

  /** The scratch register of the serial port, which is for whoever wants to keep a byte. */
  private static final String REGISTER = "0x3ff";

  @TempDir Path folder;
  private final long seed = Long.getLong("vmsnap.seed", 20261123);
  private final Random random = new Random(seed);
  private final WalkDisks disks = new WalkDisks();
  private final Map<Long, State> states = new TreeMap<>();
  private final Map<String, Integer> counts = new TreeMap<>();
  private Path directory;
  private LocalStorage storage;

  /** Null while the machine is off. */
  private RunnerProcess runner;

  private byte[] blocks = new byte[WalkDisks.BLOCKS];

  /** Of the machine that runs, or, while it is off, of the memory from which it will go on. */
  private int register;

  private int requests;
  private double longestStall;

  /** What a snapshot has to bring back; no register without memory. */
  private record State(byte[] blocks, Integer register) {}

  @BeforeEach
  void machine() throws Exception {
    directory = Files.createDirectory(folder.resolve("vm"));
    storage = new LocalStorage(directory);
  }

  @AfterEach
  void end() throws Exception {
    if (runner != null) {
      runner.close();
    }
    storage.close();
  }

  @Test
  void everyStateIsKept() throws Exception {
    System.out.println("seed " + seed);
    powerOn();
    for (int n = 0; n < OPERATIONS; n++) {
      String what = step();
      counts.merge(what.split(" \\d")[0], 1, Integer::sum);
      verify("seed " + seed + ", operation " + n + ": " + what);
    }
    delete(0, true);
    verify("seed " + seed + ", all deleted");
    assertThat(storage.list("")).noneMatch(f -> f.matches(".*-\\d{6}.*\\.vmdk"));
    System.out.println(counts);
    System.out.printf("longest stall of a deletion: %.1f ms%n", longestStall);
  }

  private String step() throws Exception {
    int dice = random.nextInt(100);
    if (runner == null && dice < 45) {
      powerOn();
      return "power on";
    }
    if (dice < 30) {
      return write();
    }
    if (dice >= 94 && runner != null) {
      return dice < 96 ? suspend() : powerOff(dice < 98);
    }
    List<Long> uids = new ArrayList<>(states.keySet());
    if (uids.isEmpty() || dice < 58 && uids.size() < MOST_SNAPSHOTS) {
      return take(random.nextInt(3) == 0);
    }
    long uid = uids.get(random.nextInt(uids.size()));
    return dice < 72 ? revert(uid) : delete(uid, dice == 72);
  }

  private String write() throws HypervisorException {
    try (HumanMonitor monitor = monitor()) {
      disks.write(monitor, blocks, random);
      register = random.nextInt(256);
      monitor.say("o /b " + REGISTER + " " + register);
    }
    return "write";
  }

  private String take(boolean wanted) throws Exception {
    boolean memory = wanted && runner != null;
    long uid =
        new SnapshotCreation(storage, vm(), Clock.systemUTC(), stop(), Duration.ZERO)
            .run(
                null,
                new CreateSnapshotTask(request(), "s", "", memory, "None", 0, 60, 32, 0, 0, null))
            .uid();
    states.put(uid, new State(blocks.clone(), memory ? register : null));
    return "take " + (memory ? "with memory " : "") + uid;
  }

  private String revert(long uid) throws Exception {
    boolean live = runner != null;
    String power =
        List.of("FromSnapshot", "FromSnapshot", "PoweredOn", "PoweredOff").get(random.nextInt(4));
    RevertResult result =
        new SnapshotRevert(storage, vm(), Clock.systemUTC(), stop(), Duration.ofSeconds(10))
            .run(
                null,
                new RevertSnapshotTask(
                    request(), uid, power, random.nextBoolean() ? "Eager" : "OnDemand", 60, 32, 0));
    State state = states.get(uid);
    boolean on = result.powerState().equals("PoweredOn");
    assertThat(on)
        .as("power of a revert %s to a snapshot with register %s", power, state.register())
        .isEqualTo(
            power.equals("PoweredOn") || power.equals("FromSnapshot") && state.register() != null);
    blocks = state.blocks().clone();
    register = on && state.register() != null ? state.register() : 0;
    if (live && !on) {
      runner.awaitEnd(START);
      runner = null;
    }
    return "revert " + (live ? "live " : "off ") + power + " " + uid;
  }

  private String delete(long uid, boolean descendants) throws Exception {
    DeleteResult result =
        new SnapshotDeletion(storage, vm(), Clock.systemUTC(), stop(), Duration.ofSeconds(10))
            .run(null, new DeleteSnapshotTask(request(), uid, descendants, 0, 60));
    assertThat(result.pending()).isNull();
    states.keySet().removeAll(result.removedUids());
    Double stall = result.timing().stunMillis();
    longestStall = Math.max(longestStall, stall == null ? 0 : stall);
    return "delete " + (runner != null ? "live " : "off ") + (descendants ? "tree " : "") + uid;
  }

  private String suspend() throws Exception {
    new MachineSuspension(storage, vm(), Clock.systemUTC(), stop(), Duration.ofSeconds(10))
        .run(null, new SuspendTask(request(), 60, 0));
    runner.awaitEnd(START);
    runner = null;
    return "suspend";
  }

  private void powerOn() throws Exception {
    runner = new RunnerProcess(directory, definition(), folder.resolve("runner-" + ++requests));
    Awaitility.await()
        .atMost(START)
        .pollInterval(Duration.ofMillis(50))
        .failFast(
            () -> {
              if (!runner.process.isAlive()) {
                throw new IllegalStateException("the runner ended:\n" + runner.everything());
              }
            })
        .ignoreException(HypervisorException.class)
        .until(() -> runs(vm().connect()));
  }

  private static boolean runs(Optional<RunningVm> vm) throws HypervisorException {
    if (vm.isEmpty()) {
      return false;
    }
    try (RunningVm machine = vm.get()) {
      return machine.state() == RunState.RUNNING;
    }
  }

  private String powerOff(boolean cut) throws Exception {
    if (cut) {
      try (HumanMonitor monitor = monitor()) {
        disks.flush(monitor); // what was not flushed may be gone
      }
      RunnerProcess.signal(runner.qemuPid(), "KILL");
    } else {
      RunnerProcess.signal(runner.process.pid(), "TERM");
    }
    runner.awaitEnd(START);
    runner = null;
    register = 0;
    return cut ? "power cut" : "power off";
  }

  private QemuConnector vm() {
    return new QemuConnector(storage);
  }

  private HumanMonitor monitor() throws HypervisorException {
    return HumanMonitor.connect(storage.path(DirectoryFormat.JOB_MONITOR));
  }

  private String request() {
    return "r-" + ++requests;
  }

  private static StopSignal stop() {
    return new StopSignal(Duration.ofMinutes(1));
  }

  private void verify(String where) throws Exception {
    if (runner != null) {
      try (HumanMonitor monitor = monitor()) {
        disks.verify(monitor, blocks, where);
        disks.flush(monitor);
        assertThat(Integer.decode(monitor.say("i /b " + REGISTER).split("=")[1].strip()))
            .as(where + ": the register")
            .isEqualTo(register);
      }
    }
    VmDirectory now = VmDirectory.open(storage);
    assertContent(where, now.disks().stream().map(d -> d.active().fileName()).toList(), blocks);
    assertThat(now.vmsd().snapshots()).as(where).hasSize(states.size());
    for (Map.Entry<Long, State> state : states.entrySet()) {
      assertContent(
          where + ": snapshot " + state.getKey(),
          now.vmsd().snapshot(state.getKey()).orElseThrow().disks().stream()
              .map(SnapshotDisk::fileName)
              .toList(),
          state.getValue().blocks());
    }
    assertThat(DirectoryChecker.check(storage, false))
        .as(where)
        .noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR)
        .noneMatch(f -> f.message().contains("is used by no disk"));
  }

  private void assertContent(String where, List<String> descriptors, byte[] expected)
      throws IOException {
    assertThat(WalkDisks.read(storage, descriptors)).as(where).isEqualTo(expected);
  }

  /** Nothing boots: the firmware finds no system and waits. */
  private static VmDefinition definition() {
    List<VmDefinition.Disk> disks = new ArrayList<>();
    for (int k = 0; k < WalkDisks.DISKS; k++) {
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
        1);
  }
}
