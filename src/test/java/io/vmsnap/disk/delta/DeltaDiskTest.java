package io.vmsnap.disk.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.disk.index.LiveIndex;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeltaDiskTest {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  private final SplittableRandom random = new SplittableRandom(1);
  private final MemoryStorage storage = new MemoryStorage();

  @ParameterizedTest
  @ValueSource(longs = {512, 4096, 16 * MIB, 16 * MIB + 512, 4 * GIB, DeltaLayout.MAX_CAPACITY})
  void layoutKeepsTablesDataAndSectorNumbersApart(long capacity) {
    DeltaLayout layout = new DeltaLayout(capacity);
    assertThat(layout.tablesOffset()).isGreaterThanOrEqualTo(2048 + 4L * layout.tables());
    assertThat(layout.tableOffset(layout.tables())).isLessThanOrEqualTo(layout.dataOffset());
    assertThat(layout.dataOffset() % (64 << 10)).isZero();
    assertThat(layout.initialFileSize()).isGreaterThan(layout.dataOffset());
    assertThat(layout.maxFileSize() / 512).isLessThan(1L << 32);
    long lastGrain = layout.grains() - 1;
    assertThat(Integer.toUnsignedLong(layout.grainSector(lastGrain)) * 512)
        .isEqualTo(layout.dataOffset() + lastGrain * 4096);
  }

  @Test
  void aDeltaNeverOutgrowsItsBaseAndTables() throws IOException {
    base(20 * MIB);
    DeltaDisk delta = DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random);
    long cap = delta.layout().dataOffset() + 20 * MIB;
    try (StorageFile extent = storage.open("web-000001-delta.vmdk", OpenMode.READ_WRITE)) {
      assertThat(extent.size()).isEqualTo(16 * MIB);
      assertThat(delta.growToStep(extent)).isEqualTo(16 * MIB);
      extent.write(ByteBuffer.allocate(1), 16 * MIB);
      assertThat(delta.growToStep(extent)).isEqualTo(cap).isLessThan(32 * MIB);
      assertThat(extent.size()).isEqualTo(cap);
    }
    base2(64 * MIB);
    DeltaDisk large = DeltaDisk.create(storage, "db.vmdk", "db-000001.vmdk", random);
    try (StorageFile extent = storage.open("db-000001-delta.vmdk", OpenMode.READ_WRITE)) {
      extent.extendTo(16 * MIB + 1);
      assertThat(large.growToStep(extent)).isEqualTo(32 * MIB);
    }
  }

  @Test
  void refusesABaseAboveTheLimitOfTheFormat() throws IOException {
    base(DeltaLayout.MAX_CAPACITY + 512);
    assertThatThrownBy(() -> DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random))
        .isInstanceOf(UnsupportedDiskException.class)
        .hasMessageContaining("web.vmdk")
        .hasMessageContaining("2046 GiB")
        .hasMessageContaining("32 bits");
    assertThat(storage.list("")).containsExactly("web-flat.vmdk", "web.vmdk");
  }

  @Test
  void theLargestDiskTakesNoSpace() throws IOException {
    base(DeltaLayout.MAX_CAPACITY);
    DeltaDisk delta = DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random);
    assertThat(Seal.run(storage, delta).tablesWritten()).isZero();
    try (var content = DiskChain.open(storage, "web-000001.vmdk").content(storage, View.INDEX)) {
      content.read(ByteBuffer.allocate(4096), DeltaLayout.MAX_CAPACITY - 4096);
    }
    assertThat(storage.allocatedBytes("web-000001-delta.vmdk")).isLessThan(64 << 10);
    assertThat(storage.allocatedBytes(".vmsnap/web-000001.idx")).isLessThan(64 << 10);
  }

  @Test
  void theIndexTellsWhereTheDataBegins() throws IOException {
    base(4 * GIB);
    DeltaDisk delta = DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random);
    try (LiveIndex index = LiveIndex.open(storage, ".vmsnap/web-000001.idx")) {
      assertThat(index.dataFile())
          .isEqualTo("web-000001-delta.vmdk@" + delta.layout().dataOffset());
    }
    assertThat(delta.header(storage).description())
        .endsWith("at sector " + delta.layout().dataOffset() / 512);
  }

  @Test
  void markingAsAheadIsDurableAndSealingTakesItBack() throws IOException {
    base(MIB);
    DeltaDisk delta = DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random);
    assertThat(delta.header(storage).uncleanShutdown()).isFalse();
    delta.markIndexAhead(storage);
    assertThat(DeltaDisk.open(storage, "web-000001.vmdk").header(storage).uncleanShutdown())
        .isTrue();
    Seal.run(storage, delta);
    assertThat(delta.header(storage).uncleanShutdown()).isFalse();
    assertThat(delta.header(storage).generation()).isEqualTo(1);
  }

  @Test
  void zerosThatWereOverwrittenAndZeroedAgainAreSealed() throws IOException {
    SimulatedGuest guest = new SimulatedGuest(storage, (int) MIB, random);
    guest.write(0, 100_000);
    guest.zero(2, 5);
    Seal.run(storage, guest.delta());
    guest.write(3 * 4096, 4096);
    guest.zero(3, 1);
    Seal.run(storage, guest.delta());
    guest.assertContent("zeroed again", View.TABLES);
  }

  @Test
  void aSealLooksAtWhatChangedOnly() throws IOException {
    SimulatedGuest guest = new SimulatedGuest(storage, (int) (4 * MIB), random);
    guest.write(0, 100_000);
    assertThat(Seal.run(storage, guest.delta())).isEqualTo(new Seal.Result(1, 25, 0));
    guest.delta().markIndexAhead(storage);
    assertThat(Seal.run(storage, guest.delta())).isEqualTo(new Seal.Result(0, 25, 0));
    // Not even at tables that it trusts: that is the checker's business.
    byte[] table = new byte[4];
    try (StorageFile extent = storage.open(guest.delta().files().extent(), OpenMode.READ_WRITE)) {
      extent.write(ByteBuffer.wrap(table), guest.delta().layout().tableOffset(0));
    }
    guest.delta().markIndexAhead(storage);
    assertThat(Seal.run(storage, guest.delta())).isEqualTo(new Seal.Result(0, 25, 0));
    // A stamp that is torn is not believed.
    try (StorageFile stamp = storage.open(guest.delta().files().stamp(), OpenMode.READ_WRITE)) {
      stamp.write(ByteBuffer.wrap(new byte[] {1}), 40);
    }
    guest.delta().markIndexAhead(storage);
    assertThat(Seal.run(storage, guest.delta())).isEqualTo(new Seal.Result(1, 25, 0));
    guest.assertContent("sealed", View.TABLES);
  }

  @Test
  void deletingWhatACreationLeftMayBeRepeated() throws IOException {
    base(MIB);
    DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random);
    DeltaDisk.delete(storage, "web-000001.vmdk");
    DeltaDisk.delete(storage, "web-000001.vmdk");
    assertThat(storage.allNames()).containsExactly("web-flat.vmdk", "web.vmdk");
  }

  @Test
  void aParentThatWasWrittenIsNoticed() throws IOException {
    base(MIB);
    DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random);
    DiskDescriptor parent = DiskDescriptor.read(storage, "web.vmdk");
    storage.with("web.vmdk", parent.withEntry("CID", "12345678").toBytes());
    assertThatThrownBy(() -> DiskChain.open(storage, "web-000001.vmdk"))
        .isInstanceOf(CorruptDiskException.class)
        .hasMessageContaining("web-000001.vmdk: parentCID is " + parent.cid())
        .hasMessageContaining("12345678");
  }

  @Test
  void aLoopOfParentsEnds() throws IOException {
    base(MIB);
    DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random);
    DiskDescriptor delta = DiskDescriptor.read(storage, "web-000001.vmdk");
    storage.with("web-000001.vmdk", delta.withParent(delta.cid(), "web-000001.vmdk").toBytes());
    assertThatThrownBy(() -> DiskChain.open(storage, "web-000001.vmdk"))
        .hasMessageContaining("loop");
  }

  @Test
  void aCutBaseIsNoticed() throws IOException {
    base(MIB);
    try (StorageFile file = storage.open("web-flat.vmdk", OpenMode.READ_WRITE)) {
      file.truncate(MIB - 512);
    }
    assertThatThrownBy(() -> BaseDisk.open(storage, "web.vmdk"))
        .isInstanceOf(CorruptDiskException.class)
        .hasMessageContaining("web-flat.vmdk: has 1048064 bytes; web.vmdk says 1048576");
  }

  @Test
  void aDeltaOfAnotherProgramIsNotTakenForOurs() throws IOException {
    base(MIB);
    DeltaDisk.create(storage, "web.vmdk", "web-000001.vmdk", random);
    byte[] extent = storage.content("web-000001-delta.vmdk");
    extent[1124] = 'X';
    storage.with("web-000001-delta.vmdk", extent);
    assertThatThrownBy(() -> DeltaDisk.open(storage, "web-000001.vmdk"))
        .isInstanceOf(UnsupportedDiskException.class)
        .hasMessageContaining("adopt");
  }

  @Test
  void aRawImageBecomesABase() throws IOException {
    byte[] image = new byte[1000];
    image[999] = 9;
    storage.with("disk.img", image);
    BaseDisk copied = BaseDisk.copyOf(storage, "web.vmdk", "disk.img", random);
    assertThat(copied.capacity()).isEqualTo(1024);
    assertThat(storage.content("disk.img")).isEqualTo(image);
    BaseDisk moved = BaseDisk.moveFrom(storage, "db.vmdk", "disk.img", random);
    assertThat(storage.content(moved.extent())).isEqualTo(storage.content(copied.extent()));
    assertThat(storage.content(moved.extent())[999]).isEqualTo((byte) 9);
    assertThat(storage.exists("disk.img")).isFalse();
    assertThat(BaseDisk.open(storage, "db.vmdk")).isEqualTo(moved);
  }

  private void base(long capacity) throws IOException {
    BaseDisk.create(storage, "web.vmdk", capacity, random);
  }

  private void base2(long capacity) throws IOException {
    BaseDisk.create(storage, "db.vmdk", capacity, random);
  }
}
