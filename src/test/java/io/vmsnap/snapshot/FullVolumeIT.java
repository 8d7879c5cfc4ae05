package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmsnap.harness.bench.LoopVolume;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.FaultTally;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each operation on a small ext4 in which a little more room is left each time, so that it runs out
 * at one step after the other, as the kernel has it and not as a test double does: the reason is
 * said, every state reads as before, and with room again the same request is served.
 */
class FullVolumeIT {
  @RegisterExtension static final FaultTally TALLY = new FaultTally();

  private static final long VOLUME_BYTES = 24L << 20;
  private static final int ROOM_STEP = 16 << 10;

  /** Above this only the checks before an operation are tried, in large steps. */
  private static final int FINE = 192 << 10;

  private static final int COARSE_STEP = 2 << 20;

  private static final VmConnector OFF = VmConnector.POWERED_OFF;

  @TempDir private Path folder;
  private LoopVolume volume;
  private int machines;

  /** What is tried. */
  enum Operation {
    CREATE,
    REVERT,
    DELETE_FIRST,
    DELETE_SECOND,
    DELETE_ALL
  }

  @BeforeEach
  void mount() throws Exception {
    try {
      volume = LoopVolume.mount(folder, "small", VOLUME_BYTES, "mkfs.ext4", "-q", "-m", "0");
    } catch (IOException e) {
      assertThat(System.getenv("CI")).as("in CI a volume must be mountable: " + e).isNull();
      assumeTrue(false, "a small volume cannot be mounted without root");
    }
  }

  @AfterEach
  void unmount() throws Exception {
    if (volume != null) {
      volume.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void roomMayEndAnywhere(Operation operation) throws Exception {
    int failures = 0;
    int successes = 0;
    for (long room = 0; successes < 2; room += room < FINE ? ROOM_STEP : COARSE_STEP) {
      String where = operation + " with room for " + room + " bytes";
      Path directory = Files.createDirectory(volume.path().resolve("vm" + ++machines));
      try (VmStorage storage = new LocalStorage(directory)) {
        Map<Long, List<ByteBuffer>> states = machine(storage);
        Path ballast = leave(room);

        boolean done = attempt(storage, operation, where);

        Files.delete(ballast);
        TALLY.tried();
        failures += done ? 0 : 1;
        successes += done ? 1 : 0;
        if (!done) {
          verify(storage, states, where);
          run(storage, operation);
        }
        if (operation == Operation.CREATE) {
          states.put(4L, states.get(0L));
        } else if (operation == Operation.REVERT) {
          states.put(0L, states.get(1L));
        }
        verify(storage, states, where + ", then with room");
        assertThat(storage.exists(".vmsnap/journal.json")).as(where).isFalse();
        assertThat(DirectoryChecker.check(storage, true)).as(where).isEmpty();
        assertThat(snapshots(storage)).as(where).hasSize(expected(operation));
      }
      Tool.of("rm", "-r", directory.toString()).output();
    }
    assertThat(failures).as("the volume was full at some step").isPositive();
  }

  /** A machine with two disks and three snapshots; state 0 is the running one. */
  private static Map<Long, List<ByteBuffer>> machine(VmStorage storage) throws Exception {
    Map<Long, List<ByteBuffer>> states = new TreeMap<>();
    TestMachine.prepare(storage, 2);
    for (long uid = 1; uid <= 3; uid++) {
      guestWrites(storage, uid);
      states.put(uid, content(storage));
      new CreateSnapshot(storage).run("r-" + uid);
    }
    guestWrites(storage, 4);
    states.put(0L, content(storage));
    return states;
  }

  /** Without a reserve: the room itself is to run out. */
  private record CreateSnapshot(VmStorage storage) {
    void run(String request) throws IOException, RefusedException {
      TestMachine.creation(storage, OFF)
          .run(null, new CreateSnapshotTask(request, request, "", false, "None", 0, 60, 32, 0));
    }
  }

  private Path leave(long room) throws Exception {
    Path ballast = volume.path().resolve("ballast");
    Tool.of("sync", "-f", volume.path().toString()).output();
    long free = Files.getFileStore(volume.path()).getUsableSpace();
    Tool.of("fallocate", "-l", Long.toString(free), ballast.toString()).run();
    free = Files.getFileStore(volume.path()).getUsableSpace();
    long size = Files.size(ballast) - Math.max(0, room - free);
    Tool.of("truncate", "-s", Long.toString(size), ballast.toString()).output();
    Tool.of("sync", "-f", volume.path().toString()).output();
    return ballast;
  }

  private static boolean attempt(VmStorage storage, Operation operation, String where) {
    try {
      run(storage, operation);
      return true;
    } catch (IOException | RefusedException e) {
      assertThat(FailureReason.of(e))
          .as(where + ": " + e)
          .isIn(TaskReason.InsufficientSpace, TaskReason.StorageFailed);
      assertThat(FailureReason.message(e))
          .as(where)
          .containsPattern("(?i)space|free on the volume");
      return false;
    }
  }

  private static void run(VmStorage storage, Operation operation)
      throws IOException, RefusedException {
    switch (operation) {
      case CREATE -> new CreateSnapshot(storage).run("r-4");
      case REVERT ->
          TestMachine.reversion(storage, OFF)
              .run(null, new RevertSnapshotTask("v-1", 1, null, null, 60, 32, 0));
      case DELETE_FIRST -> delete(storage, 1);
      case DELETE_SECOND -> delete(storage, 2);
      case DELETE_ALL -> delete(storage, 0);
    }
  }

  private static void delete(VmStorage storage, long uid) throws IOException, RefusedException {
    TestMachine.deletion(storage, OFF)
        .run(null, new DeleteSnapshotTask("d-" + uid, uid, uid == 0, 0, 60));
  }

  /**
   * A snapshot of a request that is still to be ended is not looked at: it may not be sealed yet.
   */
  private static void verify(VmStorage storage, Map<Long, List<ByteBuffer>> states, String where)
      throws IOException {
    assertThat(content(storage)).as(where + ": the running state").isEqualTo(states.get(0L));
    TALLY.compared();
    for (SnapshotEntry snapshot : snapshots(storage)) {
      if (states.containsKey(snapshot.uid())) {
        assertThat(content(storage, snapshot.uid()))
            .as(where + ": snapshot " + snapshot.uid())
            .isEqualTo(states.get(snapshot.uid()));
        TALLY.compared();
      }
    }
  }

  private static List<SnapshotEntry> snapshots(VmStorage storage) throws IOException {
    return VmDirectory.open(storage).vmsd().snapshots();
  }

  private static int expected(Operation operation) {
    return switch (operation) {
      case CREATE -> 4;
      case REVERT -> 3;
      case DELETE_FIRST, DELETE_SECOND -> 2;
      case DELETE_ALL -> 0;
    };
  }
}
