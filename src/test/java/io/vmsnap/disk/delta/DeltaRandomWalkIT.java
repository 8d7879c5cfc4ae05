package io.vmsnap.disk.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.ExternalTool;
import io.vmsnap.disk.LibvmdkReader;
import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.ChainLayer;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.disk.chain.DiskChecker;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** QEMU writes at random; our reader, qemu-img and libvmdk must all find what it wrote. */
class DeltaRandomWalkIT {
  private static final int SNAPSHOTS = 3;
  private static final int COMMANDS = 40;

  private final ExternalTool qemuImg = ExternalTool.named("qemu-img");
  private final ExternalTool qemuIo = ExternalTool.named("qemu-io");

  @TempDir Path directory;

  static List<Long> seeds() {
    long chosen = Long.getLong("vmsnap.seed", 0);
    return chosen != 0 ? List.of(chosen) : List.of(1L, 2L, 3L);
  }

  @ParameterizedTest(name = "-Dvmsnap.seed={0}")
  @MethodSource("seeds")
  void walk(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    LocalStorage storage = new LocalStorage(directory);
    int capacity = (1 + random.nextInt(48 << 11)) * 512;
    BaseDisk.create(storage, "web.vmdk", capacity, random);
    DiskModel model = new DiskModel(capacity);
    String active = "web.vmdk";
    write(storage, active, commands(random, model, capacity));
    for (int i = 1; i <= SNAPSHOTS; i++) {
      String delta = String.format("web-%06d.vmdk", i);
      DeltaDisk.create(storage, active, delta, random).markIndexAhead(storage);
      active = delta;
      write(storage, active, commands(random, model, capacity));
      Seal.run(storage, DeltaDisk.open(storage, active));
      DiskChain chain = DiskChain.open(storage, active);
      assertThat(DiskChecker.check(storage, active)).as("seed " + seed).isEmpty();
      compare("seed " + seed + ", snapshot " + i, storage, chain, model, capacity);
      if (random.nextBoolean()) {
        // What QEMU writes next builds on an index of our making.
        IndexRebuild.run(storage, DeltaDisk.open(storage, active));
        write(storage, active, commands(random, model, capacity));
        Seal.run(storage, DeltaDisk.open(storage, active));
        compare("seed " + seed + ", rebuilt " + i, storage, chain, model, capacity);
      }
    }
  }

  private static List<String> commands(SplittableRandom random, DiskModel model, int capacity) {
    List<String> commands = new ArrayList<>();
    int sectors = capacity / 512;
    for (int i = 0; i < COMMANDS; i++) {
      int from = random.nextInt(sectors) * 512;
      int most = Math.min((capacity - from) / 512, 1 << random.nextInt(12));
      int length = (1 + random.nextInt(most)) * 512;
      int pattern = random.nextInt(1, 256);
      switch (random.nextInt(4)) {
        case 0 -> {
          commands.add("write -z" + (random.nextBoolean() ? " -u " : " ") + from + " " + length);
          model.fill(from, length, 0);
        }
        case 1 -> {
          // Only whole clusters are discarded for certain, and read as zeros afterwards.
          int start = from / (128 << 10) * (128 << 10);
          if (start + (128 << 10) <= capacity) {
            commands.add("write -z -u " + start + " 131072");
            commands.add("discard " + start + " 131072");
            model.fill(start, 128 << 10, 0);
          }
        }
        default -> {
          commands.add("write -P " + pattern + " " + from + " " + length);
          model.fill(from, length, pattern);
        }
      }
    }
    return commands;
  }

  private void write(LocalStorage storage, String disk, List<String> commands) throws IOException {
    String graph = QemuGraph.live(directory, DiskChain.open(storage, disk));
    var result = qemuIo.tryRun(directory, String.join("\n", commands) + "\nflush\n", graph);
    assertThat(result.exit()).as(result.output()).isZero();
    assertThat(result.output().toLowerCase()).doesNotContain("failed").doesNotContain("error");
  }

  private void compare(
      String what, LocalStorage storage, DiskChain chain, DiskModel model, int capacity)
      throws IOException {
    for (View view : View.values()) {
      try (ChainContent content = chain.content(storage, view)) {
        model.assertSame(what + " by " + view, content);
      }
    }
    assertThat(
            qemuImg.run(
                directory,
                "compare",
                QemuGraph.live(directory, chain),
                QemuGraph.vmdk(directory, chain)))
        .as(what)
        .contains("Images are identical");
    for (ChainLayer layer : chain.layers()) {
      if (!layer.isBase()) {
        assertThat(qemuImg.run(directory, "check", QemuGraph.alone(directory, layer)))
            .as(what)
            .contains("No errors were found");
      }
    }
    List<Path> files = chain.layers().stream().map(l -> directory.resolve(l.descriptor())).toList();
    try (LibvmdkReader reader = LibvmdkReader.open(files)) {
      model.assertBytes(what + " by libvmdk", reader.read(0, capacity));
    }
  }
}
