package io.vmsnap.vmdir.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedRamStreamTest {
  private static final String FILE = "web-Snapshot1.vmsn";
  private static final long OFFSET = 65536;

  @TempDir Path directory;
  private LocalStorage storage;

  @BeforeEach
  void writeSample() throws IOException {
    storage = new LocalStorage(directory);
    try (StorageFile file = storage.create(FILE)) {
      SampleStream.write(file, OFFSET);
    }
  }

  @Test
  void readsMachineAndBlocks() throws IOException {
    try (StorageFile file = storage.open(FILE, OpenMode.READ)) {
      MappedRamStream stream = MappedRamStream.read(file, OFFSET);

      assertThat(stream.machine()).isEqualTo("pc-q35-10.0");
      assertThat(stream.blocks()).extracting(RamBlock::name).containsExactly("pc.ram", "pc.bios");
      assertThat(stream.block("pc.ram").pages()).isEqualTo(new ByteRange(1 << 20, 64 * 4096));
      assertThat(stream.totalLength()).isEqualTo(72 * 4096);
      assertThat(stream.stateOffset()).isEqualTo(stream.block("pc.bios").pages().end());
    }
  }

  @Test
  void bitmapsComeFromTheDataInTheFile() throws IOException {
    try (StorageFile file = storage.open(FILE, OpenMode.READ_WRITE)) {
      MappedRamStream stream = MappedRamStream.read(file, OFFSET);
      RamBlock ram = stream.block("pc.ram");
      putPage(file, ram, 3, 7);
      putPage(file, ram, 63, 8);

      PageBitmaps.writeFromData(file, stream);

      assertThat(PageBitmaps.read(file, ram)).isEqualTo(bits(3, 63));
      assertThat(PageBitmaps.read(file, stream.block("pc.bios"))).isEqualTo(bits());
      PageBitmaps.verify(file, stream);
      assertThat(MappedRamStream.read(file, OFFSET)).isEqualTo(stream);
    }
  }

  @Test
  void emptyBitmapOverRealPagesIsFound() throws IOException {
    try (StorageFile file = storage.open(FILE, OpenMode.READ_WRITE)) {
      MappedRamStream stream = MappedRamStream.read(file, OFFSET);
      putPage(file, stream.block("pc.ram"), 12, 1);

      assertThatThrownBy(() -> PageBitmaps.verify(file, stream))
          .isInstanceOf(DamagedMemoryException.class)
          .hasMessageContaining(FILE)
          .hasMessageContaining("page 12 of pc.ram");
    }
  }

  @Test
  void allocatedPageOfZerosNeedsNoBit() throws IOException {
    try (StorageFile file = storage.open(FILE, OpenMode.READ_WRITE)) {
      MappedRamStream stream = MappedRamStream.read(file, OFFSET);
      putPage(file, stream.block("pc.ram"), 12, 0);

      PageBitmaps.verify(file, stream);
    }
  }

  @Test
  void stateOnlyCopyHasEverythingButMainRam() throws IOException {
    try (StorageFile file = storage.open(FILE, OpenMode.READ_WRITE);
        StorageFile copy = storage.create("copy")) {
      MappedRamStream stream = MappedRamStream.read(file, OFFSET);
      putPage(file, stream.block("pc.ram"), 5, 1);
      putPage(file, stream.block("pc.bios"), 2, 9);
      PageBitmaps.writeFromData(file, stream);

      StateOnlyStream.write(file, stream, copy);

      MappedRamStream copied = MappedRamStream.read(copy, OFFSET);
      assertThat(copied).isEqualTo(stream);
      RamBlock ram = copied.block("pc.ram");
      assertThat(PageBitmaps.read(copy, ram)).isEqualTo(bits());
      assertThat(copy.dataRanges(ram.pagesOffset(), ram.usedLength())).isEmpty();
      RamBlock bios = copied.block("pc.bios");
      assertThat(PageBitmaps.read(copy, bios)).isEqualTo(bits(2));
      assertThat(page(copy, bios, 2)).isEqualTo(SampleStream.page(9));
      assertThat(tail(copy, copied)).isEqualTo(tail(file, stream));
    }
  }

  @Test
  void streamWithoutMappedRamIsRefused() throws IOException {
    try (StorageFile file = storage.create("other")) {
      new SampleStream(file, 0).head("pc-q35-10.0", "xbzrle", 4096);

      assertThatThrownBy(() -> MappedRamStream.read(file, 0))
          .isInstanceOf(DamagedMemoryException.class)
          .hasMessageContaining("without the capability \"mapped-ram\"");
    }
  }

  @Test
  void cutOffFileIsRefusedAtEveryLength() throws IOException {
    long stateOffset;
    try (StorageFile file = storage.open(FILE, OpenMode.READ)) {
      stateOffset = MappedRamStream.read(file, OFFSET).stateOffset();
    }
    for (long length = stateOffset - 1; length > OFFSET; length -= 1 + length / 50) {
      try (StorageFile file = storage.open(FILE, OpenMode.READ_WRITE)) {
        file.truncate(length);
        assertThatThrownBy(() -> MappedRamStream.read(file, OFFSET))
            .as("%d bytes", length)
            .isInstanceOf(DamagedMemoryException.class)
            .hasMessageContaining(FILE + ", offset ");
      }
    }
  }

  /** Whatever the bytes, reading ends with blocks inside the file or with a named error. */
  @Test
  void damagedHeadsNeverCrashTheReader() throws IOException {
    long seed = 20260101;
    Random random = new Random(seed);
    byte[] head = new byte[256];
    try (StorageFile file = storage.open(FILE, OpenMode.READ_WRITE)) {
      file.readFully(ByteBuffer.wrap(head), OFFSET);
      int refused = 0;
      for (int i = 0; i < 20_000; i++) {
        byte[] mutated = head.clone();
        for (int n = random.nextInt(3); n >= 0; n--) {
          mutated[random.nextInt(0x90)] = (byte) random.nextInt();
        }
        file.write(ByteBuffer.wrap(mutated), OFFSET);
        try {
          MappedRamStream stream = MappedRamStream.read(file, OFFSET);
          assertThat(stream.stateOffset())
              .as("seed %d, case %d", seed, i)
              .isBetween(0L, file.size());
        } catch (DamagedMemoryException e) {
          refused++;
          assertThat(e).hasMessageContaining(FILE + ", offset ");
        }
      }
      assertThat(refused).isGreaterThan(10_000);
    }
  }

  private static void putPage(StorageFile file, RamBlock block, int page, int value)
      throws IOException {
    file.write(SampleStream.page(value), block.pagesOffset() + (long) page * block.pageSize());
  }

  private static ByteBuffer page(StorageFile file, RamBlock block, int page) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(block.pageSize());
    file.readFully(content, block.pagesOffset() + (long) page * block.pageSize());
    return content.flip();
  }

  private static ByteBuffer tail(StorageFile file, MappedRamStream stream) throws IOException {
    ByteBuffer tail = ByteBuffer.allocate((int) (file.size() - stream.stateOffset()));
    file.readFully(tail, stream.stateOffset());
    return tail.flip();
  }

  private static BitSet bits(int... set) {
    BitSet bits = new BitSet();
    for (int bit : set) {
      bits.set(bit);
    }
    return bits;
  }
}
