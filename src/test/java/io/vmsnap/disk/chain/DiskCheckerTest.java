package io.vmsnap.disk.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.disk.chain.Finding.Kind;
import io.vmsnap.disk.chain.Finding.Remedy;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.disk.delta.SimulatedGuest;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DiskCheckerTest {
  private static final String DELTA = "web-000001.vmdk";
  private static final String EXTENT = "web-000001-delta.vmdk";
  private static final String INDEX = ".vmsnap/web-000001.idx";
  private static final int CLUSTER = 128 << 10;

  private final MemoryStorage storage = new MemoryStorage();
  private SimulatedGuest guest;

  @BeforeEach
  void writeSomething() throws IOException {
    guest = new SimulatedGuest(storage, 1 << 20, new SplittableRandom(3));
    guest.write(5000, 300_000);
    guest.zero(20, 10);
    Seal.run(storage, guest.delta());
  }

  @Test
  void aSealedChainHasNoFindings() throws IOException {
    assertThat(check()).isEmpty();
  }

  @Test
  void aParentOutsideTheDirectoryIsAFindingAndNotRead() throws IOException {
    String descriptor = "web-000001.vmdk";
    byte[] text = new byte[(int) storage.size(descriptor)];
    try (var file = storage.open(descriptor, io.vmsnap.storage.OpenMode.READ)) {
      file.readFully(java.nio.ByteBuffer.wrap(text), 0);
    }
    for (String hint : List.of("", "../web.vmdk")) {
      String changed =
          new String(text, java.nio.charset.StandardCharsets.UTF_8)
              .replace("=\"web.vmdk\"", "=\"" + hint + "\"");
      storage.with(descriptor, changed.getBytes(java.nio.charset.StandardCharsets.UTF_8));

      assertThat(check())
          .anySatisfy(
              finding ->
                  assertThat(finding.message())
                      .startsWith(descriptor + ": parentFileNameHint: file name \"" + hint + "\""));
    }
  }

  @Test
  void aDeltaInUseIsNotSealedAndSealingMendsIt() throws IOException {
    guest.write(600_000, 10);
    mends(Kind.NOT_SEALED, Remedy.SEAL);
  }

  @Test
  void aMissingIndexIsRebuilt() throws IOException {
    storage.delete(INDEX);
    mends(Kind.MISSING_FILE, Remedy.REBUILD_INDEX);
  }

  @Test
  void aDamagedIndexIsRebuilt() throws IOException {
    poke(INDEX, 4 * CLUSTER + 3, 0x55); // descriptor of the first L2 entry
    assertThat(mends(Kind.INDEX, Remedy.REBUILD_INDEX).message())
        .contains(INDEX + ": offset " + 4 * CLUSTER);
  }

  @Test
  void aClusterThatCountsAsFreeIsFound() throws IOException {
    poke(INDEX, 2 * CLUSTER + 4 * 2 + 1, 0);
    assertThat(mends(Kind.INDEX, Remedy.REBUILD_INDEX).message())
        .contains("L2 table 0")
        .contains("is 0, not 1");
  }

  @Test
  void aDamagedIndexOfAnUnsealedDeltaIsLeftAlone() throws IOException {
    guest.write(600_000, 10);
    poke(INDEX, 4 * CLUSTER + 3, 0x55);
    assertThat(check())
        .filteredOn(f -> f.kind() == Kind.INDEX)
        .singleElement()
        .extracting(Finding::remedy)
        .isEqualTo(Remedy.NONE);
    assertThat(ChainRepair.repair(storage, DELTA, false, check())).isEmpty();
  }

  @Test
  void damagedTablesAreRebuilt() throws IOException {
    poke(EXTENT, 2048, 0x77); // first entry of the grain directory
    assertThat(mends(Kind.TABLES, Remedy.REBUILD_TABLES).message())
        .contains(EXTENT + ": offset 2048: grain table 0");
  }

  @Test
  void anOverlappingGrainIsFound() throws IOException {
    long table = guest.delta().layout().tableOffset(0);
    poke(EXTENT, table + 4 * 5, 0x01);
    assertThat(mends(Kind.TABLES, Remedy.REBUILD_TABLES).message())
        .contains("grain 5 at sector")
        .contains("its place is sector");
  }

  @Test
  void aDamagedHeaderIsRebuilt() throws IOException {
    poke(EXTENT, 0, 'X');
    mends(Kind.TABLES, Remedy.REBUILD_TABLES);
  }

  @Test
  void tablesThatContradictTheIndexAreFound() throws IOException {
    long table = guest.delta().layout().tableOffset(0);
    try (StorageFile file = storage.open(EXTENT, OpenMode.READ_WRITE)) {
      file.write(ByteBuffer.allocate(4), table + 4 * 5);
    }
    mends(Kind.VIEWS_DIFFER, Remedy.REBUILD_TABLES);
  }

  @Test
  void aMissingExtentCannotBeMended() throws IOException {
    storage.delete(EXTENT);
    assertThat(check()).singleElement().matches(f -> f.kind() == Kind.MISSING_FILE);
    assertThat(ChainRepair.repair(storage, DELTA, false, check())).isEmpty();
  }

  @Test
  void brokenLinksAreFound() throws IOException {
    DiskDescriptor base = DiskDescriptor.read(storage, "web.vmdk");
    storage.with("web.vmdk", base.withEntry("CID", "12345678").toBytes());
    assertThat(check()).singleElement().matches(f -> f.kind() == Kind.CONTENT_ID);
    storage.delete("web.vmdk");
    assertThat(check())
        .singleElement()
        .matches(f -> f.kind() == Kind.MISSING_FILE && f.file().equals("web.vmdk"));
    storage.with("web.vmdk", "garbage");
    assertThat(check()).singleElement().matches(f -> f.kind() == Kind.DESCRIPTOR);
  }

  @Test
  void aMissingBaseExtentIsFound() throws IOException {
    storage.delete("web-flat.vmdk");
    assertThat(check())
        .singleElement()
        .matches(f -> f.kind() == Kind.MISSING_FILE && f.message().contains("web-flat.vmdk"));
  }

  @Test
  void repairingAFrozenDeltaLeavesItReadOnly() throws IOException {
    storage.delete(INDEX);
    storage.setReadOnly(EXTENT, true);
    ChainRepair.repair(storage, DELTA, true, check());
    assertThat(storage.isReadOnly(EXTENT)).isTrue();
    assertThat(check()).isEmpty();
    assertThat(DeltaDisk.open(storage, DELTA)).isEqualTo(guest.delta());
  }

  private Finding mends(Kind kind, Remedy remedy) throws IOException {
    List<Finding> findings = check();
    Finding finding = findings.getFirst();
    assertThat(finding.kind()).as(findings.toString()).isEqualTo(kind);
    assertThat(ChainRepair.repair(storage, DELTA, false, findings)).contains(remedy);
    assertThat(check()).isEmpty();
    guest.assertContent("after repair", View.INDEX);
    guest.assertContent("after repair", View.TABLES);
    return finding;
  }

  private List<Finding> check() throws IOException {
    return DiskChecker.check(storage, DELTA);
  }

  private void poke(String name, long offset, int value) throws IOException {
    try (StorageFile file = storage.open(name, OpenMode.READ_WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {(byte) value}), offset);
    }
  }
}
