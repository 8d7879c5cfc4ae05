package io.vmsnap.disk.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.ExternalTool;
import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What QEMU's tools and libvmdk make of our deltas, and we of what QEMU wrote into them. */
class DeltaDiskConformanceIT {
  private static final int MIB = 1 << 20;
  private static final int CAPACITY = 40 * MIB;

  private final ExternalTool qemuImg = ExternalTool.named("qemu-img");
  private final ExternalTool qemuIo = ExternalTool.named("qemu-io");
  private final ExternalTool vmdkinfo = ExternalTool.named("vmdkinfo");
  private final Random random = new Random(7);
  private final DiskModel model = new DiskModel(CAPACITY);

  @TempDir Path directory;
  private LocalStorage storage;

  @BeforeEach
  void createDisk() throws IOException {
    storage = new LocalStorage(directory);
    BaseDisk.create(storage, "web.vmdk", CAPACITY, random);
    qemuIo("web.vmdk", "write -P 0x11 0 8M", "write -P 0x12 20M 1M");
    model.fill(0, 8 * MIB, 0x11);
    model.fill(20 * MIB, MIB, 0x12);
    DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random);
  }

  @Test
  void anEmptyDeltaIsSoundForAllReaders() throws IOException {
    DiskChain chain = DiskChain.open(storage, "web-000001.vmdk");
    check(chain);
    assertAllViewsEqual(chain);
    assertThat(storage.size("web-000001-delta.vmdk")).isEqualTo(16 * MIB);
    assertThat(storage.allocatedBytes("web-000001-delta.vmdk")).isLessThan(64 << 10);
    assertThat(storage.allocatedBytes(".vmsnap/web-000001.idx")).isLessThan(64 << 10);
    assertThat(vmdkinfo.run(directory, "web-000001.vmdk")).contains("VMFS sparse");
  }

  @Test
  void theSealedViewShowsWhatTheGuestWrote() throws IOException {
    DiskChain chain = DiskChain.open(storage, "web-000001.vmdk");
    chain.deltas().getFirst().markIndexAhead(storage);
    qemuIo(
        "web-000001.vmdk",
        "write -P 0x21 4k 4k",
        "write -P 0x22 1000k 300k",
        "write -P 0x23 39M 512",
        "write -z -u 2M 1M",
        "discard 5M 128k",
        "write -P 0x24 30M 100k",
        "write -z 30M 8k");
    model.fill(4096, 4096, 0x21);
    model.fill(1000 << 10, 300 << 10, 0x22);
    model.fill(39 * MIB, 512, 0x23);
    model.fill(2 * MIB, MIB, 0);
    model.fill(5 * MIB, 128 << 10, 0);
    model.fill(30 * MIB, 100 << 10, 0x24);
    model.fill(30 * MIB, 8 << 10, 0);
    assertThat(chain.deltas().getFirst().header(storage).uncleanShutdown()).isTrue();

    Seal.Result sealed = Seal.run(storage, chain.deltas().getFirst());

    assertThat(sealed.tablesWritten()).isEqualTo(3);
    assertThat(chain.deltas().getFirst().header(storage).uncleanShutdown()).isFalse();
    check(chain);
    assertAllViewsEqual(chain);
    assertThat(Seal.run(storage, chain.deltas().getFirst()).tablesWritten()).isZero();
  }

  @Test
  void deltasStackAndEachKeepsItsOwn() throws IOException {
    qemuIo("web-000001.vmdk", "write -P 0x31 1M 3M", "write -z 21M 64k");
    model.fill(MIB, 3 * MIB, 0x31);
    model.fill(21 * MIB, 64 << 10, 0);
    Seal.run(storage, DeltaDisk.open(storage, "web-000001.vmdk"));
    final DiskModel frozen = model.copy();
    DeltaDisk.create(storage, "web-000001.vmdk", "web-000002.vmdk", random);

    qemuIo("web-000002.vmdk", "write -P 0x41 2M 64k", "write -z 1M 64k", "discard 20M 1M");
    model.fill(2 * MIB, 64 << 10, 0x41);
    model.fill(MIB, 64 << 10, 0);
    model.fill(20 * MIB, MIB, 0);
    Seal.run(storage, DeltaDisk.open(storage, "web-000002.vmdk"));

    DiskChain top = DiskChain.open(storage, "web-000002.vmdk");
    check(top);
    assertAllViewsEqual(top);
    try (ChainContent content =
        DiskChain.open(storage, "web-000001.vmdk").content(storage, View.TABLES)) {
      frozen.assertSame("the frozen disk", content);
    }
  }

  @Test
  void theLargestDiskTakesWritesAtItsEnd() throws IOException {
    long capacity = DeltaLayout.MAX_CAPACITY;
    BaseDisk.create(storage, "big.vmdk", capacity, random);
    DeltaDisk delta = DeltaDisk.create(storage, "big.vmdk", "big-000001.vmdk", random);
    String last = "read -P 0x51 " + (capacity - 65536) + " 65536";
    qemuIo("big-000001.vmdk", last.replace("read", "write"), "write -P 0x52 1000G 4k");

    Seal.Result sealed = Seal.run(storage, delta);

    assertThat(sealed.tablesWritten()).isEqualTo(2);
    DiskChain chain = DiskChain.open(storage, "big-000001.vmdk");
    for (String view :
        List.of(QemuGraph.live(directory, chain), QemuGraph.vmdk(directory, chain))) {
      assertThat(
              qemuIo.tryRun(directory, last + "\nread -P 0x52 1000G 4k\nread -P 0 1T 1M\n", view))
          .satisfies(r -> assertThat(r.output()).doesNotContain("failed").contains("1 MiB"));
    }
    assertThat(storage.allocatedBytes("big-000001-delta.vmdk")).isLessThan(MIB);
    check(chain);
  }

  private void assertAllViewsEqual(DiskChain chain) throws IOException {
    for (View view : View.values()) {
      try (ChainContent content = chain.content(storage, view)) {
        model.assertSame(view.name(), content);
      }
    }
    assertThat(
            qemuImg.run(
                directory,
                "compare",
                QemuGraph.live(directory, chain),
                QemuGraph.vmdk(directory, chain)))
        .contains("Images are identical");
  }

  private void check(DiskChain chain) throws IOException {
    for (var layer : chain.layers().subList(1, chain.layers().size())) {
      assertThat(qemuImg.run(directory, "check", QemuGraph.alone(directory, layer)))
          .contains("No errors were found");
    }
    assertThat(qemuImg.run(directory, "info", chain.active())).contains("file format: vmdk");
  }

  private void qemuIo(String disk, String... commands) throws IOException {
    String graph = QemuGraph.live(directory, DiskChain.open(storage, disk));
    var result = qemuIo.tryRun(directory, String.join("\n", commands) + "\nflush\n", graph);
    assertThat(result.exit()).as(result.output()).isZero();
    assertThat(result.output().toLowerCase()).doesNotContain("failed").doesNotContain("error");
  }
}
