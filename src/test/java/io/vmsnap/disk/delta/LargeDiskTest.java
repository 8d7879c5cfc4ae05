package io.vmsnap.disk.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.disk.index.IndexWriter;
import io.vmsnap.harness.bench.CountingStorage;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The largest disk there is, 2046 GiB and sparse: what opening, a snapshot and a seal cost. The
 * limits are those of work, not of time; in seconds each of them is a few milliseconds.
 */
class LargeDiskTest {
  private static final long CAPACITY = DeltaLayout.MAX_CAPACITY;
  private static final long MIB = 1 << 20;
  private static final String DELTA = "web-000001.vmdk";
  private static final List<Long> PLACES = List.of(0L, CAPACITY / 2, CAPACITY - 4096);

  private final CountingStorage counted = new CountingStorage(new MemoryStorage());
  private final VmStorage storage = counted.storage();

  @BeforeEach
  void base() throws IOException {
    BaseDisk.create(storage, "web.vmdk", CAPACITY, new SplittableRandom(1));
  }

  @Test
  void baseIsMadeOfAFewOperations() {
    assertThat(counted.operations()).isLessThan(20);
    assertThat(counted.written()).isLessThan(4096);
  }

  @Test
  void snapshotCostsAsMuchAsThatOfASmallDisk() throws IOException {
    counted.reset();

    DeltaDisk.create(storage, "web.vmdk", DELTA, new SplittableRandom(2));

    assertThat(counted.operations()).isLessThan(60);
    assertThat(counted.written()).as("an index of four tables, most of it holes").isLessThan(MIB);
    assertThat(storage.allocatedBytes("web-000001-delta.vmdk")).isLessThan(MIB);
    assertThat(storage.allocatedBytes(".vmsnap/web-000001.idx")).isLessThan(MIB);
  }

  @Test
  void sealCostsWhatChanged() throws IOException {
    DeltaDisk delta = DeltaDisk.create(storage, "web.vmdk", DELTA, new SplittableRandom(2));
    write(delta, PLACES);
    counted.reset();

    Seal.Result sealed = Seal.run(storage, delta);

    assertThat(sealed.tablesWritten()).isEqualTo(PLACES.size());
    assertThat(sealed.grains()).isEqualTo(PLACES.size());
    assertThat(counted.written())
        .as("a table of 16 KiB for each place, the directory's entries, header, stamp")
        .isLessThan(MIB);
    assertThat(counted.read())
        .as("the index' tables of 128 KiB, each twice, and the directory of half a MiB")
        .isLessThan(3 * MIB);
    assertThat(counted.operations()).isLessThan(100);
  }

  @Test
  void nothingToSealCostsNoWrites() throws IOException {
    DeltaDisk delta = DeltaDisk.create(storage, "web.vmdk", DELTA, new SplittableRandom(2));
    write(delta, PLACES);
    Seal.run(storage, delta);
    counted.reset();

    Seal.Result sealed = Seal.run(storage, delta);

    assertThat(sealed.tablesWritten()).isZero();
    assertThat(counted.written()).isZero();
    assertThat(counted.read()).isLessThan(2 * MIB);
  }

  @Test
  void openingReadsNoTablesAndReadingOnlyThoseItNeeds() throws IOException {
    DeltaDisk delta = DeltaDisk.create(storage, "web.vmdk", DELTA, new SplittableRandom(2));
    write(delta, PLACES);
    Seal.run(storage, delta);
    for (View view : View.values()) {
      counted.reset();
      try (ChainContent disk = DiskChain.open(storage, DELTA).content(storage, view)) {
        assertThat(counted.read()).as("opening by %s", view).isLessThan(MIB);
        for (long place : PLACES) {
          ByteBuffer bytes = ByteBuffer.allocate(4096);
          disk.read(bytes, place);
          assertThat(bytes.get(17)).isEqualTo((byte) (place >>> 12 | 1));
        }
        assertThat(counted.read()).as("reading by %s", view).isLessThan(2 * MIB);
      }
    }
  }

  /** A grain at each place, as QEMU writes it: the data, then the index. */
  private void write(DeltaDisk delta, List<Long> places) throws IOException {
    delta.markIndexAhead(storage);
    storage.delete(delta.files().index());
    try (StorageFile extent = storage.open(delta.files().extent(), OpenMode.READ_WRITE);
        IndexWriter index =
            IndexWriter.create(
                storage,
                delta.files().index(),
                CAPACITY,
                delta.files().extent(),
                delta.layout().dataOffset())) {
      for (long place : places) {
        byte[] grain = new byte[DeltaLayout.GRAIN];
        java.util.Arrays.fill(grain, (byte) (place >>> 12 | 1));
        extent.write(ByteBuffer.wrap(grain), delta.layout().dataOffset() + place);
        index.add(place, grain.length, Content.DATA);
      }
      index.finish();
    }
  }
}
