package io.vmsnap.disk.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.disk.chain.DiskChecker;
import io.vmsnap.storage.MemoryStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random writes, discards, snapshots, seals and rebuilds, compared with an array of bytes. */
class DeltaRandomWalkTest {
  private static final int STEPS = 60;

  static List<Long> seeds() {
    long chosen = Long.getLong("vmsnap.seed", 0);
    List<Long> seeds = new ArrayList<>();
    if (chosen != 0) {
      return List.of(chosen);
    }
    for (long seed = 1; seed <= 12; seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest(name = "-Dvmsnap.seed={0}")
  @MethodSource("seeds")
  void walk(long seed) throws IOException {
    var random = new SplittableRandom(seed);
    MemoryStorage storage = new MemoryStorage();
    int capacity = 512 * random.nextInt(1, 1 << 12);
    SimulatedGuest guest = new SimulatedGuest(storage, capacity, random);
    Map<String, byte[]> frozen = new HashMap<>();
    List<String> trace = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      trace.add(step(random, storage, guest, frozen, capacity));
      guest.assertContent("seed " + seed + " after " + trace, View.INDEX);
    }
    Seal.run(storage, guest.delta());
    guest.assertContent("seed " + seed + " sealed", View.TABLES);
    assertThat(DiskChecker.check(storage, guest.active())).as("seed " + seed).isEmpty();
    for (var entry : frozen.entrySet()) {
      DiskModel model = new DiskModel(capacity);
      model.put(0, entry.getValue());
      for (View view : View.values()) {
        try (ChainContent content =
            DiskChain.open(storage, entry.getKey()).content(storage, view)) {
          model.assertSame("seed " + seed + ": frozen " + entry.getKey(), content);
        }
      }
    }
  }

  private static String step(
      SplittableRandom random,
      MemoryStorage storage,
      SimulatedGuest guest,
      Map<String, byte[]> frozen,
      int capacity)
      throws IOException {
    switch (random.nextInt(10)) {
      case 0 -> {
        Seal.run(storage, guest.delta());
        guest.assertContent("seed: sealed", View.TABLES);
        frozen.put(guest.active(), guest.content());
        guest.snapshot();
        return "snapshot";
      }
      case 1 -> {
        Seal.run(storage, guest.delta());
        guest.assertContent("sealed", View.TABLES);
        return "seal";
      }
      case 2 -> {
        Seal.run(storage, guest.delta());
        TableRebuild.run(storage, guest.delta());
        guest.assertContent("rebuilt tables", View.TABLES);
        return "rebuild tables";
      }
      case 3, 4, 5 -> {
        int subclusters = Math.ceilDiv(capacity, 4096);
        int from = random.nextInt(subclusters);
        int count = 1 + random.nextInt(Math.min(64, subclusters - from));
        guest.zero(from, count);
        return "zero " + from + "+" + count;
      }
      default -> {
        int from = random.nextInt(capacity);
        int length = 1 + random.nextInt(Math.min(1 << random.nextInt(20), capacity - from));
        guest.write(from, length);
        return "write " + from + "+" + length;
      }
    }
  }
}
