package io.vmsnap.vmdir;

import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A row of the section table of {@link VmsnFile}, 32 bytes.
 *
 * @param kind what the section holds; {@value #CONFIGURATION} is the text of the {@code .vmx},
 *     {@value #MEMORY} QEMU's stream, {@value #MEMORY_DESCRIPTION} what there is to know of it
 * @param flags bit 0: a reader that does not know the kind must refuse the file
 * @param offset byte in the file
 * @param length bytes
 * @param checksum CRC-32C of the content
 */
record VmsnSection(int kind, int flags, long offset, long length, int checksum) {
  static final int CONFIGURATION = 1;

  /** The stream of the memory; its checksum leaves the pages of RAM out. */
  static final int MEMORY = 2;

  /** What there is to know of the memory, as text. */
  static final int MEMORY_DESCRIPTION = 3;

  private static final Set<Integer> KNOWN = Set.of(CONFIGURATION, MEMORY, MEMORY_DESCRIPTION);
  private static final int REQUIRED = 1;

  static VmsnSection of(int kind, long offset, byte[] content) {
    return new VmsnSection(
        kind, REQUIRED, offset, content.length, VmsnFile.checksum(content, 0, content.length));
  }

  /** A reader that passed over the memory would revert to less than was kept. */
  static VmsnSection of(VmsnMemory memory) {
    return new VmsnSection(
        MEMORY, REQUIRED, memory.offset(), memory.length(), memory.stateChecksum());
  }

  void writeTo(ByteBuffer table) {
    table.putInt(kind).putInt(flags).putLong(offset).putLong(length).putInt(checksum).putInt(0);
  }

  static VmsnSection readFrom(ByteBuffer table) {
    VmsnSection section =
        new VmsnSection(
            table.getInt(), table.getInt(), table.getLong(), table.getLong(), table.getInt());
    table.getInt(); // reserved
    return section;
  }

  /**
   * @throws DamagedFileException if there is a kind that nobody may pass over and this version does
   *     not know
   */
  static void refuseUnknown(String file, List<VmsnSection> sections) throws DamagedFileException {
    for (VmsnSection section : sections) {
      if ((section.flags & REQUIRED) != 0 && !KNOWN.contains(section.kind)) {
        throw new DamagedFileException(
            file,
            "needs section kind "
                + section.kind
                + ", which this version does not know; use a newer vmsnap");
      }
    }
  }

  static Optional<VmsnSection> find(List<VmsnSection> sections, int kind) {
    return sections.stream().filter(section -> section.kind == kind).findFirst();
  }

  byte[] read(String name, StorageFile file, long fileSize) throws IOException {
    if (length < 0 || length > ConfigDictionary.MAX_BYTES) {
      throw new DamagedFileException(
          name, "section " + kind + " claims " + length + " bytes, more than a .vmx may have");
    }
    if (offset < VmsnFile.HEADER_BYTES || offset > fileSize - length) {
      throw new DamagedFileException(
          name,
          "section "
              + kind
              + " at "
              + offset
              + " with "
              + length
              + " bytes is outside of the file");
    }
    ByteBuffer content = ByteBuffer.allocate((int) length);
    file.readFully(content, offset);
    int found = VmsnFile.checksum(content.array(), 0, (int) length);
    if (found != checksum) {
      throw new DamagedFileException(
          name,
          "checksum of section %d at byte %d is %08x, its content gives %08x"
              .formatted(kind, offset, checksum, found));
    }
    return content.array();
  }
}
