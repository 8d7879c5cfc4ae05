package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.revert;
import static io.vmsnap.snapshot.TestMachine.snapshot;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A machine with two disks goes through 200 random operations: writes, snapshots, reverts and
 * deletions of every kind. After each the whole tree is compared with a model: who is whose parent,
 * and the content of every state, by both views of every disk.
 */
class SnapshotWalkTest {
  private static final VmConnector OFF = VmConnector.POWERED_OFF;
  private static final int OPERATIONS = 200;
  private static final int MOST = 9;

  private final MemoryStorage storage = new MemoryStorage();
  private final Map<Long, List<ByteBuffer>> states = new TreeMap<>();
  private final Map<Long, Long> parents = new HashMap<>();
  private List<ByteBuffer> now;
  private Long current;
  private long lastUid;
  private int hidden;

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void everyStateIsKept(long seed) throws Exception {
    Random random = new Random(seed);
    TestMachine.prepare(storage, 2);
    now = content(storage);
    for (int n = 0; n < OPERATIONS; n++) {
      String what = step(random, n);
      verify("seed " + seed + ", operation " + n + ": " + what);
    }
    delete(0, true);
    verify("seed " + seed + ", all deleted");
    assertThat(storage.list("")).noneMatch(f -> f.matches(".*-\\d{6}.*\\.vmdk"));
    assertThat(hidden).as("disks that stayed because two branches need them").isPositive();
  }

  private String step(Random random, int n) throws Exception {
    List<Long> uids = new ArrayList<>(states.keySet());
    int dice = random.nextInt(100);
    if (uids.isEmpty() || dice < 30 && uids.size() < MOST) {
      take(n);
      return "take " + lastUid;
    }
    long uid = uids.get(random.nextInt(uids.size()));
    if (dice < 55) {
      guestWrites(storage, random.nextLong());
      now = content(storage);
      return "write";
    }
    if (dice < 75) {
      revert(storage, OFF, "v-" + n, uid);
      now = states.get(uid);
      current = uid;
      return "revert to " + uid;
    }
    boolean descendants = random.nextInt(8) == 0;
    delete(uid, descendants);
    return "delete " + uid + (descendants ? " with descendants" : "");
  }

  private void take(int n) throws Exception {
    lastUid++;
    assertThat(snapshot(storage, OFF, "r-" + n).uid()).isEqualTo(lastUid);
    states.put(lastUid, now);
    parents.put(lastUid, current);
    current = lastUid;
  }

  private void delete(long uid, boolean descendants) throws Exception {
    Set<Long> gone = new TreeSet<>();
    for (long candidate : states.keySet()) {
      if (candidate == uid || uid == 0 || descendants && descends(candidate, uid)) {
        gone.add(candidate);
      }
    }
    DeleteResult result =
        new SnapshotDeletion(
                storage,
                OFF,
                Clock.systemUTC(),
                new StopSignal(Duration.ofMinutes(1)),
                Duration.ZERO)
            .run(null, new DeleteSnapshotTask("d-" + uid, uid, descendants, 0, 60));
    assertThat(result.removedUids()).containsExactlyInAnyOrderElementsOf(gone);
    Map<Long, Long> before = new HashMap<>(parents);
    for (long left : states.keySet()) {
      parents.put(left, staying(before.get(left), gone, before));
    }
    current = staying(current, gone, before);
    states.keySet().removeAll(gone);
    parents.keySet().removeAll(gone);
  }

  private boolean descends(long uid, long ancestor) {
    for (Long at = parents.get(uid); at != null; at = parents.get(at)) {
      if (at == ancestor) {
        return true;
      }
    }
    return false;
  }

  private static Long staying(Long uid, Set<Long> gone, Map<Long, Long> parents) {
    Long at = uid;
    while (at != null && gone.contains(at)) {
      at = parents.get(at);
    }
    return at;
  }

  private void verify(String where) throws IOException {
    VmDirectory directory = VmDirectory.open(storage);
    assertThat(content(storage)).as(where).isEqualTo(now);
    assertThat(directory.vmsd().lastUid()).as(where).isEqualTo(lastUid);
    assertThat(directory.vmsd().currentUid().orElse(null)).as(where).isEqualTo(current);
    assertThat(directory.vmsd().snapshots())
        .as(where)
        .extracting(SnapshotEntry::uid)
        .containsExactlyInAnyOrderElementsOf(states.keySet());
    for (SnapshotEntry snapshot : directory.vmsd().snapshots()) {
      String which = where + ": snapshot " + snapshot.uid();
      assertThat(snapshot.parentUid()).as(which).isEqualTo(parents.get(snapshot.uid()));
      assertThat(content(storage, snapshot.uid())).as(which).isEqualTo(states.get(snapshot.uid()));
    }
    assertThat(storage.exists(Journal.FILE)).as(where).isFalse();
    assertThat(DirectoryChecker.check(storage, false))
        .as(where)
        .noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR)
        .noneMatch(f -> f.message().contains("is used by no disk"));
    hidden += DiskTree.read(directory).hidden().size();
  }
}
