package io.vmsnap.vmdir.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmsnMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.BitSet;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryFileTest {
  private static final String FILE = "web-Snapshot1.vmsn";
  private static final VmsnFile STATE =
      new VmsnFile(
          new UUID(1, 2),
          1,
          Instant.parse("2026-01-02T03:04:05Z"),
          PowerState.PoweredOn,
          "memSize = \"1\"\n".getBytes());

  @TempDir Path directory;
  private LocalStorage storage;

  @BeforeEach
  void whatQemuWrites() throws IOException {
    storage = new LocalStorage(directory);
    long offset = VmsnFile.memoryOffset(STATE.configuration());
    assertThat(offset).isEqualTo(65536);
    try (StorageFile file = storage.create(FILE)) {
      SampleStream.write(file, offset);
      MappedRamStream stream = MappedRamStream.read(file, offset);
      page(file, stream, 3, 7);
      page(file, stream, 60, 9);
    }
  }

  @Test
  void completedFileDescribesItsMemoryAndPassesEveryCheck() throws IOException {
    VmsnFile written = complete(MemoryFile.BACKGROUND_SNAPSHOT);

    VmsnFile read = VmsnFile.read(storage, FILE);
    assertThat(read).usingRecursiveComparison().isEqualTo(written);
    assertThat(read.memory().ramBytes()).isEqualTo(64 * 4096);
    assertThat(read.memory().machineType()).isEqualTo("pc-q35-10.0");
    assertThat(read.memory().pagesOffset()).isEqualTo(1 << 20);
    MemoryFile.checkAll(storage, FILE, read.memory(), bytes -> {});
    assertThat(marked()).isEqualTo(bits(3, 60));
  }

  @Test
  void completingAgainIsHarmless() throws IOException {
    VmsnFile first = complete(MemoryFile.BACKGROUND_SNAPSHOT);

    VmsnFile second = complete(MemoryFile.BACKGROUND_SNAPSHOT);

    assertThat(second.memory().ramChecksum()).isEqualTo(first.memory().ramChecksum());
    MemoryFile.checkAll(storage, FILE, VmsnFile.read(storage, FILE).memory(), bytes -> {});
  }

  /** Else a machine that maps the file would see what its guest had erased. */
  @Test
  void pageThatTheGuestZeroedDuringPreCopyReadsAsZeros() throws IOException {
    try (StorageFile file = storage.open(FILE, OpenMode.READ_WRITE)) {
      MappedRamStream stream = MappedRamStream.read(file, 65536);
      PageBitmaps.write(file, stream.block(RamBlock.MAIN_RAM), bits(60));
    }

    VmsnMemory memory = complete(MemoryFile.PRE_COPY).memory();

    assertThat(marked()).isEqualTo(bits(60));
    MemoryFile.checkAll(storage, FILE, memory, bytes -> {});
    try (StorageFile file = storage.open(FILE, OpenMode.READ)) {
      ByteBuffer page = ByteBuffer.allocate(4096);
      file.readFully(page, memory.pagesOffset() + 3 * 4096);
      assertThat(page.array()).containsOnly(0);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {65536 + 3, (1 << 20) - 1, (1 << 20) + 64 * 4096 + 5})
  void changedStateIsFoundBeforeAMachineIsTouched(long position) throws IOException {
    VmsnMemory memory = complete(MemoryFile.BACKGROUND_SNAPSHOT).memory();
    flip(position);

    assertThatThrownBy(() -> MemoryFile.checkState(storage, FILE, memory))
        .isInstanceOf(DamagedMemoryException.class)
        .hasMessageContaining(FILE);
  }

  @ParameterizedTest
  @ValueSource(longs = {3 * 4096, 60 * 4096 + 4095, 0})
  void changedPageIsFoundByTheFullCheck(long position) throws IOException {
    VmsnMemory memory = complete(MemoryFile.BACKGROUND_SNAPSHOT).memory();
    flip(memory.pagesOffset() + position);

    MemoryFile.checkState(storage, FILE, memory);
    assertThatThrownBy(() -> MemoryFile.checkAll(storage, FILE, memory, bytes -> {}))
        .isInstanceOf(DamagedMemoryException.class);
  }

  @Test
  void cutFileIsRefused() throws IOException {
    complete(MemoryFile.BACKGROUND_SNAPSHOT);
    try (StorageFile file = storage.open(FILE, OpenMode.READ_WRITE)) {
      file.truncate(file.size() - 1);
    }

    assertThatThrownBy(() -> VmsnFile.read(storage, FILE)).hasMessageContaining("was cut off");
  }

  @Test
  void stateOnlyCopyIsMadeOfMemoryOnly() throws IOException {
    complete(MemoryFile.BACKGROUND_SNAPSHOT);

    MemoryFile.writeStateOnly(storage, FILE, "copy");
    MemoryFile.writeStateOnly(storage, FILE, "copy"); // what an earlier start left is replaced

    try (StorageFile copy = storage.open("copy", OpenMode.READ)) {
      MappedRamStream stream = MappedRamStream.read(copy, 65536);
      assertThat(PageBitmaps.read(copy, stream.block(RamBlock.MAIN_RAM))).isEqualTo(bits());
    }
  }

  private VmsnFile complete(String method) throws IOException {
    return MemoryFile.complete(storage, FILE, STATE, method, "10.0.2", bytes -> {});
  }

  private BitSet marked() throws IOException {
    try (StorageFile file = storage.open(FILE, OpenMode.READ)) {
      return PageBitmaps.read(file, MappedRamStream.read(file, 65536).block(RamBlock.MAIN_RAM));
    }
  }

  private void flip(long position) throws IOException {
    try (StorageFile file = storage.open(FILE, OpenMode.READ_WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      file.readFully(one, position);
      one.put(0, (byte) (one.get(0) ^ 0x10)).rewind();
      file.write(one, position);
    }
  }

  private static void page(StorageFile file, MappedRamStream stream, int page, int value)
      throws IOException {
    file.write(
        SampleStream.page(value), stream.block(RamBlock.MAIN_RAM).pagesOffset() + page * 4096L);
  }

  private static BitSet bits(int... pages) {
    BitSet bits = new BitSet();
    for (int page : pages) {
      bits.set(page);
    }
    return bits;
  }
}
