package io.vmsnap.vmdir.memory;

import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The head of a QEMU migration stream taken with the {@code mapped-ram} capability: which machine
 * it is of, where the RAM blocks lie, and where the device state follows.
 *
 * <pre>
 * "QEVM" version 3                                     migration/savevm.c, qemu_savevm_state_header
 * 07 length machine-name                               QEMU_VM_CONFIGURATION
 *    05 length "configuration/capabilities" 1 count { length name }     QEMU_VM_SUBSECTION
 * 01 section-id 03 "ram" instance 0 version 4          QEMU_VM_SECTION_START
 *    total-length | 4                                  RAM_SAVE_FLAG_MEM_SIZE
 *    { length name used-length MappedRamHeader bitmap ... pages }        for each block
 * </pre>
 *
 * All integers are big-endian; the bitmaps are little-endian.
 *
 * @param machine the versioned machine type, such as {@code pc-q35-10.0}
 * @param offset byte of the file at which the stream begins
 * @param blocks in the order of the file, never overlapping
 * @param stateOffset first byte after the last block's pages: RAM's end mark, then device state
 */
public record MappedRamStream(
    String machine, long offset, List<RamBlock> blocks, long stateOffset) {
  private static final int MAGIC = 0x5145564d;
  private static final int VERSION = 3;
  private static final int SECTION_START = 0x01;
  private static final int SUBSECTION = 0x05;
  private static final int CONFIGURATION = 0x07;
  private static final String CAPABILITIES = "configuration/capabilities";
  private static final String MAPPED_RAM = "mapped-ram";
  private static final int RAM_VERSION = 4;
  private static final long FLAG_MEM_SIZE = 0x04;
  private static final long FLAG_MASK = 0xfff;
  private static final int HEADER_VERSION = 1;
  private static final int MAX_NAME = 255;
  private static final int MAX_CAPABILITIES = 64;
  private static final int MAX_BLOCKS = 1024;
  private static final int MIN_PAGE_SIZE = 4096;
  private static final int MAX_PAGE_SIZE = 1 << 30;

  /** 4 TiB, QEMU's own limit for an x86 machine; bounds the bitmap that a file can make us read. */
  private static final long MAX_BLOCK_LENGTH = 1L << 42;

  public MappedRamStream {
    blocks = List.copyOf(blocks);
  }

  /**
   * Reads and checks the head of the stream that begins at {@code offset}.
   *
   * @throws DamagedMemoryException if it is none, is cut off, or its blocks overlap or leave the
   *     file
   */
  public static MappedRamStream read(StorageFile file, long offset) throws IOException {
    StreamReader in = new StreamReader(file, offset);
    in.expect(in.int32(), MAGIC, "stream magic \"QEVM\"");
    in.expect(in.int32(), VERSION, "stream version");
    in.expect(in.uint8(), CONFIGURATION, "configuration section");
    String machine = in.text(in.boundedInt32(MAX_NAME, "length of the machine type"));
    readCapabilities(in);
    in.expect(in.uint8(), SECTION_START, "start of the RAM section");
    in.int32(); // section id: any
    String section = in.text(in.uint8());
    if (!section.equals("ram")) {
      throw in.damaged("section \"" + section + "\" where \"ram\" must be");
    }
    in.expect(in.int32(), 0, "instance of the RAM section");
    in.expect(in.int32(), RAM_VERSION, "version of the RAM section");
    long total = in.int64();
    in.expect(total & FLAG_MASK, FLAG_MEM_SIZE, "RAM size flag");
    List<RamBlock> blocks = readBlocks(in, total & ~FLAG_MASK);
    return new MappedRamStream(machine, offset, blocks, in.position());
  }

  /** The block with that name. */
  public RamBlock block(String name) {
    return blocks.stream()
        .filter(b -> b.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no RAM block \"" + name + "\" among " + blocks));
  }

  /** Bytes of guest RAM in all blocks. */
  public long totalLength() {
    return blocks.stream().mapToLong(RamBlock::usedLength).sum();
  }

  private static void readCapabilities(StreamReader in) throws IOException {
    in.expect(in.uint8(), SUBSECTION, "capabilities of the stream");
    String name = in.text(in.uint8());
    if (!name.equals(CAPABILITIES)) {
      throw in.damaged("subsection \"" + name + "\" where \"" + CAPABILITIES + "\" must be");
    }
    in.expect(in.int32(), 1, "version of the capabilities");
    int count = in.boundedInt32(MAX_CAPABILITIES, "number of capabilities");
    Set<String> capabilities = new HashSet<>();
    for (int i = 0; i < count; i++) {
      capabilities.add(in.text(in.uint8()));
    }
    if (!capabilities.contains(MAPPED_RAM)) {
      throw in.damaged("stream without the capability \"" + MAPPED_RAM + "\": " + capabilities);
    }
  }

  private static List<RamBlock> readBlocks(StreamReader in, long total) throws IOException {
    List<RamBlock> blocks = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long left = total; left > 0; left -= blocks.getLast().usedLength()) {
      if (blocks.size() == MAX_BLOCKS) {
        throw in.damaged("more than " + MAX_BLOCKS + " RAM blocks");
      }
      RamBlock block = readBlock(in, left);
      if (!names.add(block.name())) {
        throw in.damaged("RAM block \"" + block.name() + "\" twice");
      }
      blocks.add(block);
      in.moveTo(block.pages().end());
    }
    return blocks;
  }

  private static RamBlock readBlock(StreamReader in, long left) throws IOException {
    String name = in.text(in.uint8());
    long used = in.int64();
    in.expect(in.int32(), HEADER_VERSION, "version of the mapped-ram header of " + name);
    long pageSize = in.int64();
    long bitmapOffset = in.int64();
    long pagesOffset = in.int64();
    if (pageSize < MIN_PAGE_SIZE || pageSize > MAX_PAGE_SIZE || Long.bitCount(pageSize) != 1) {
      throw in.damaged("page size " + pageSize + " of RAM block " + name);
    }
    if (used <= 0 || used > Math.min(left, MAX_BLOCK_LENGTH) || used % pageSize != 0) {
      throw in.damaged("RAM block " + name + " of " + used + " bytes where " + left + " are left");
    }
    RamBlock block = new RamBlock(name, used, (int) pageSize, bitmapOffset, pagesOffset);
    boolean inOrder =
        bitmapOffset == in.position()
            && pagesOffset >= bitmapOffset + block.bitmapLength()
            && pagesOffset <= Long.MAX_VALUE - used;
    if (!inOrder) {
      throw in.damaged(
          "RAM block " + name + ": bitmap at " + bitmapOffset + ", pages at " + pagesOffset);
    }
    return block;
  }
}
