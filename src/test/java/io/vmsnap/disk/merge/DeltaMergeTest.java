package io.vmsnap.disk.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.disk.delta.SimulatedGuest;
import io.vmsnap.disk.index.IndexCheck;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.PowerCut;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Merges of random deltas, cut off everywhere, compared with an array of bytes. */
class DeltaMergeTest {
  private static final String BASE = "web.vmdk";

  /** Many checkpoints in a small disk, each of which gives space back. */
  private static final MergeSettings SMALL =
      new MergeSettings(MergeSettings.MIN_BYTES * 3, MergeSettings.MIN_BYTES, true);

  /** Parent and child with what the guest saw. */
  private record Disks(MemoryStorage storage, String parent, String child, byte[] now) {}

  static LongStream seeds() {
    long chosen = Long.getLong("vmsnap.seed", 0);
    return chosen != 0 ? LongStream.of(chosen) : LongStream.rangeClosed(1, 25);
  }

  @ParameterizedTest(name = "-Dvmsnap.seed={0}")
  @MethodSource("seeds")
  void parentHoldsAfterwardsWhatTheChildShowed(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    for (boolean ontoBase : new boolean[] {true, false}) {
      Disks disks = disks(random, 512 * random.nextInt(1, 3000), ontoBase);
      MergeSettings settings =
          random.nextBoolean() ? MergeSettings.DEFAULT : SMALL.withChunkBytes(8192 * 3);

      DeltaMerge.Result result = merge(disks.storage, disks, settings, MergeProgress.SILENT);

      assertThat(result.complete()).isTrue();
      assertMerged(disks.storage, disks, "seed " + seed);
    }
  }

  @Test
  void holesAndZerosTakeNoSpace() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    MemoryStorage storage = new MemoryStorage();
    SimulatedGuest guest = new SimulatedGuest(storage, 1 << 20, random);
    String child = guest.active();
    guest.zero(0, 256);
    long before = storage.allocatedBytes("web-flat.vmdk");

    DeltaMerge.Result result =
        DeltaMerge.run(
            storage,
            DeltaDisk.open(storage, child),
            MergeTarget.open(storage, BASE),
            MergeSettings.DEFAULT,
            MergeProgress.SILENT);

    assertThat(result.copiedBytes()).isZero();
    assertThat(before).isPositive();
    assertThat(storage.allocatedBytes("web-flat.vmdk")).isZero();
  }

  @Test
  void childGivesItsSpaceBackOnTheWay() throws IOException {
    Disks disks = disks(new SplittableRandom(5), 4 << 20, false);
    long[] most = {0};
    long before = allocated(disks);
    merge(
        disks.storage,
        disks,
        SMALL,
        (done, total, copied) -> {
          most[0] = Math.max(most[0], allocated(disks));
          return true;
        });

    // A checkpoint's worth, and the new indexes beside the old.
    assertThat(most[0] - before).isLessThan(SMALL.checkpointBytes() + (1 << 20));
    assertMerged(disks.storage, disks, "punched");
  }

  /** Ended early at every possible point, written to by the guest, and begun again. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void endedEarlyAndResumed(boolean ontoBase) throws IOException {
    for (int stopAt = 1; stopAt < 20; stopAt++) {
      Disks disks = disks(new SplittableRandom(stopAt), 1 << 20, ontoBase);
      int[] calls = {0};
      int last = stopAt;
      DeltaMerge.Result first =
          merge(disks.storage, disks, SMALL, (done, total, copied) -> ++calls[0] < last);
      assertShows(disks.storage, disks.child, disks.now, "ended at call " + stopAt);

      DeltaMerge.Result second = merge(disks.storage, disks, SMALL, MergeProgress.SILENT);

      assertThat(second.complete()).isTrue();
      assertMerged(disks.storage, disks, "resumed after call " + stopAt);
      if (first.copiedBytes() > 3 * MergeSettings.MIN_BYTES) {
        DeltaMerge.Result whole =
            merge(
                disks(new SplittableRandom(stopAt), 1 << 20, ontoBase).storage,
                disks,
                SMALL,
                MergeProgress.SILENT);
        assertThat(second.copiedBytes()).as("not all again").isLessThan(whole.copiedBytes());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void everyOperationMayFail(Fault fault) throws IOException {
    for (boolean ontoBase : new boolean[] {true, false}) {
      for (int n = 1; ; n++) {
        Disks disks = disks(new SplittableRandom(n % 7), 1 << 18, ontoBase);
        FaultyStorage faulty = new FaultyStorage(disks.storage, fault).failAt(n);
        boolean failed = fails(faulty, disks);
        String where = fault + " at operation " + n;

        assertShows(disks.storage, disks.child, disks.now, where);
        assertSound(disks.storage, disks, where);

        merge(disks.storage, disks, SMALL, MergeProgress.SILENT);
        assertMerged(disks.storage, disks, where);
        if (!failed) {
          assertThat(n).isGreaterThan(20);
          break;
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5})
  void powerMayFailAtEveryOperation(long seed) throws IOException {
    for (boolean ontoBase : new boolean[] {true, false}) {
      for (int n = 1; ; n++) {
        Disks disks = disks(new SplittableRandom(seed), 1 << 18, ontoBase);
        boolean failed = fails(new FaultyStorage(disks.storage, Fault.DEATH).failAt(n), disks);
        MemoryStorage after =
            disks.storage.powerCut(
                seed == 0 ? PowerCut.LOSE_ALL : PowerCut.random(seed * 10_000 + n));
        String where = "seed " + seed + ", power cut at operation " + n;

        assertShows(after, disks.child, disks.now, where);
        assertSound(after, disks, where);
        merge(after, disks, SMALL, MergeProgress.SILENT);
        assertMerged(after, disks, where);
        if (!failed) {
          break;
        }
      }
    }
  }

  @Test
  void disksOfDifferentSizeAreRefused() throws IOException {
    Disks disks = disks(new SplittableRandom(1), 1 << 18, true);
    MergeTarget target = MergeTarget.open(disks.storage, BASE);
    MergeTarget smaller = new MergeTarget(BASE, target.extent(), 0, target.capacity() - 512, null);

    assertThatThrownBy(
            () ->
                DeltaMerge.run(
                    disks.storage,
                    DeltaDisk.open(disks.storage, disks.child),
                    smaller,
                    SMALL,
                    MergeProgress.SILENT))
        .hasMessageContaining(disks.child)
        .hasMessageContaining("different size");
    assertShows(disks.storage, disks.child, disks.now, "refused");
  }

  private static Disks disks(SplittableRandom random, int capacity, boolean ontoBase)
      throws IOException {
    MemoryStorage storage = new MemoryStorage();
    SimulatedGuest guest = new SimulatedGuest(storage, capacity, random);
    String parent = BASE;
    if (!ontoBase) {
      guestWrites(guest, random, capacity);
      Seal.run(storage, guest.delta());
      parent = guest.active();
      guest.snapshot();
    }
    guestWrites(guest, random, capacity);
    return new Disks(storage.powerCut(PowerCut.random(1)), parent, guest.active(), guest.content());
  }

  private static void guestWrites(SimulatedGuest guest, SplittableRandom random, int capacity)
      throws IOException {
    for (int i = 0; i < 12; i++) {
      if (random.nextInt(3) == 0) {
        guest.zero(random.nextInt(Math.ceilDiv(capacity, 4096)), random.nextInt(1, 9));
      } else {
        int from = random.nextInt(capacity / 512) * 512;
        int most = Math.min(capacity - from, capacity / 8 + 512) / 512;
        guest.write(from, 512 * random.nextInt(1, most + 1));
      }
    }
  }

  private static DeltaMerge.Result merge(
      VmStorage storage, Disks disks, MergeSettings settings, MergeProgress progress)
      throws IOException {
    return DeltaMerge.run(
        storage,
        DeltaDisk.open(storage, disks.child),
        MergeTarget.open(storage, disks.parent),
        settings,
        progress);
  }

  private static boolean fails(FaultyStorage storage, Disks disks) throws IOException {
    try {
      merge(storage, disks, SMALL, MergeProgress.SILENT);
      return false;
    } catch (FaultyStorage.InjectedFault e) {
      return true;
    }
  }

  private static long allocated(Disks disks) throws IOException {
    long bytes = 0;
    for (String name : disks.storage.allNames()) {
      bytes += disks.storage.allocatedBytes(name);
    }
    return bytes;
  }

  private static void assertMerged(MemoryStorage storage, Disks disks, String where)
      throws IOException {
    assertShows(storage, disks.parent, disks.now, where);
    assertSound(storage, disks, where);
    if (!disks.parent.equals(BASE)) {
      Seal.run(storage, DeltaDisk.open(storage, disks.parent));
      assertThat(Arrays.mismatch(read(storage, disks.parent, View.TABLES), disks.now))
          .as(where + ": sealed")
          .isEqualTo(-1);
    }
  }

  private static void assertSound(MemoryStorage storage, Disks disks, String where)
      throws IOException {
    for (String disk : List.of(disks.parent, disks.child)) {
      if (!disk.equals(BASE)) {
        assertThat(IndexCheck.run(storage, DeltaDisk.open(storage, disk).files().index()))
            .as(where)
            .isEmpty();
      }
    }
  }

  private static void assertShows(VmStorage storage, String disk, byte[] want, String where)
      throws IOException {
    assertThat(Arrays.mismatch(read(storage, disk, View.INDEX), want))
        .as(where + ": first difference of " + disk)
        .isEqualTo(-1);
  }

  private static byte[] read(VmStorage storage, String disk, View view) throws IOException {
    DiskChain chain = DiskChain.open(storage, disk);
    ByteBuffer bytes = ByteBuffer.allocate((int) chain.capacity());
    try (ChainContent content = chain.content(storage, view)) {
      content.read(bytes, 0);
    }
    return bytes.array();
  }
}
