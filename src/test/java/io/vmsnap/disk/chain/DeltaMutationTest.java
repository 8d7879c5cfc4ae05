package io.vmsnap.disk.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.disk.delta.SimulatedGuest;
import io.vmsnap.disk.index.IndexCheck;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Damaged indexes and extents: every read ends, either with bytes or with an error that names the
 * file and the place, never in a crash, a loop or an allocation that a forged length asked for.
 */
class DeltaMutationTest {
  private static final int CAPACITY = 1 << 20;
  private static final int MUTATIONS = 400;
  private static final int CLUSTER = 128 << 10;

  static List<Long> seeds() {
    long chosen = Long.getLong("vmsnap.seed", 0);
    return chosen != 0 ? List.of(chosen) : List.of(1L, 2L, 3L, 4L);
  }

  @ParameterizedTest(name = "-Dvmsnap.seed={0}")
  @MethodSource("seeds")
  void survivesDamage(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    MemoryStorage storage = new MemoryStorage();
    SimulatedGuest guest = new SimulatedGuest(storage, CAPACITY, random);
    guest.write(1000, 400_000);
    guest.zero(50, 40);
    Seal.run(storage, guest.delta());
    for (int i = 0; i < MUTATIONS; i++) {
      boolean index = random.nextBoolean();
      String file = index ? guest.delta().files().index() : guest.delta().files().extent();
      List<byte[]> before = new ArrayList<>();
      List<Long> places = new ArrayList<>();
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        long at = index ? indexPlace(random) : extentPlace(random, guest.delta());
        places.add(at);
        before.add(exchange(storage, file, at, damage(random)));
      }
      String what = "seed " + seed + ", mutation " + i + " of " + file + " at " + places;
      assertTimeoutPreemptively(Duration.ofMinutes(2), () -> read(storage, what), what);
      for (int n = places.size() - 1; n >= 0; n--) {
        exchange(storage, file, places.get(n), before.get(n));
      }
    }
    guest.assertContent("restored", View.INDEX);
    guest.assertContent("restored", View.TABLES);
  }

  @ParameterizedTest(name = "-Dvmsnap.seed={0}")
  @MethodSource("seeds")
  void survivesTruncation(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 60; i++) {
      MemoryStorage storage = new MemoryStorage();
      SimulatedGuest guest = new SimulatedGuest(storage, CAPACITY, random);
      guest.write(1000, 400_000);
      Seal.run(storage, guest.delta());
      String name = guest.delta().files().all().get(i % 3);
      try (StorageFile file = storage.open(name, OpenMode.READ_WRITE)) {
        file.truncate(random.nextLong(file.size()));
      }
      String what = "seed " + seed + ", " + name + " cut";
      assertTimeoutPreemptively(Duration.ofMinutes(2), () -> read(storage, what), what);
    }
  }

  private static void read(VmStorage storage, String what) throws IOException {
    for (View view : View.values()) {
      try (ChainContent content =
          DiskChain.open(storage, "web-000001.vmdk").content(storage, view)) {
        content.runs(0, content.capacity());
        content.read(ByteBuffer.allocate(CAPACITY), 0);
      } catch (DiskException e) {
        assertThat(e.getMessage()).as(what).startsWith(e.file() + ": ");
      }
    }
    DiskChecker.check(storage, "web-000001.vmdk");
    if (storage.exists(".vmsnap/web-000001.idx")) {
      IndexCheck.run(storage, ".vmsnap/web-000001.idx");
    }
  }

  /** Headers and tables; the rest is the guest's. */
  private static long indexPlace(SplittableRandom random) {
    return switch (random.nextInt(5)) {
      case 0 -> random.nextInt(160);
      case 1 -> CLUSTER + random.nextInt(16);
      case 2 -> 2L * CLUSTER + random.nextInt(16);
      case 3 -> 3L * CLUSTER + random.nextInt(8);
      default -> 4L * CLUSTER + random.nextInt(256);
    };
  }

  private static long extentPlace(SplittableRandom random, DeltaDisk delta) {
    return switch (random.nextInt(3)) {
      case 0 -> random.nextInt(32);
      case 1 -> 2048 + random.nextInt(8);
      default -> delta.layout().tableOffset(0) + random.nextInt(1024);
    };
  }

  /** One byte, or the numbers that overflow things. */
  private static byte[] damage(SplittableRandom random) {
    ByteBuffer number = ByteBuffer.allocate(8);
    switch (random.nextInt(6)) {
      case 0 -> number.putLong(-1);
      case 1 -> number.putLong(Long.MAX_VALUE);
      case 2 -> number.putLong(Long.MIN_VALUE);
      case 3 -> number.putLong(random.nextLong());
      case 4 -> number.putInt(Integer.MAX_VALUE).limit(4).position(0);
      default -> number.put((byte) random.nextInt()).limit(1).position(0);
    }
    byte[] bytes = new byte[number.limit()];
    number.get(0, bytes);
    return bytes;
  }

  private static byte[] exchange(VmStorage storage, String name, long at, byte[] bytes)
      throws IOException {
    try (StorageFile file = storage.open(name, OpenMode.READ_WRITE)) {
      ByteBuffer old = ByteBuffer.allocate(bytes.length);
      file.readFully(old, at);
      file.write(ByteBuffer.wrap(bytes), at);
      return old.array();
    }
  }
}
