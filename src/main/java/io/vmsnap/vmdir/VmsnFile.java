package io.vmsnap.vmdir;

import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The machine's state at a snapshot, {@code web-Snapshot1.vmsn}: a header with a table of sections,
 * then the sections: the {@code .vmx} as it was (the hardware profile) and, with memory, a
 * description of the memory and QEMU's stream. Little-endian. The layout is in {@code
 * docs/formats/vmsn.md}.
 *
 * @param vmUuid BIOS uuid of the machine; zero if its {@code .vmx} has none
 * @param snapshotUid uid in {@code .vmsd}
 * @param createTime to the microsecond
 * @param configuration text of the {@code .vmx}
 * @param memory null without memory
 */
public record VmsnFile(
    UUID vmUuid,
    long snapshotUid,
    Instant createTime,
    PowerState powerState,
    byte[] configuration,
    VmsnMemory memory) {
  static final int VERSION = 1;

  /** Sections begin here: one page, so that a later section can be mapped. */
  static final int HEADER_BYTES = 4096;

  /** Bound of the text that describes the memory. */
  private static final int MAX_DESCRIPTION_BYTES = 4096;

  private static final long MAGIC = 0x545350414e534d56L; // "VMSNAPST" in the file
  private static final int TABLE_OFFSET = 64;
  private static final int MAX_SECTIONS = 32;
  private static final int CHECKSUM_OFFSET = HEADER_BYTES - 4;

  public VmsnFile {
    createTime = createTime.truncatedTo(ChronoUnit.MICROS);
  }

  /** A state without memory. */
  public VmsnFile(
      UUID vmUuid,
      long snapshotUid,
      Instant createTime,
      PowerState powerState,
      byte[] configuration) {
    this(vmUuid, snapshotUid, createTime, powerState, configuration, null);
  }

  public VmsnFile withMemory(VmsnMemory saved) {
    return new VmsnFile(vmUuid, snapshotUid, createTime, powerState, configuration, saved);
  }

  /** Byte at which a stream of memory begins in the file of a machine with that configuration. */
  public static long memoryOffset(byte[] configuration) {
    long used = HEADER_BYTES + configuration.length + MAX_DESCRIPTION_BYTES;
    return (used + VmsnMemory.ALIGNMENT - 1) / VmsnMemory.ALIGNMENT * VmsnMemory.ALIGNMENT;
  }

  /** The whole file without memory; with memory, all that lies before the stream. */
  public byte[] toBytes() {
    byte[] description = memory == null ? new byte[0] : memory.description();
    List<VmsnSection> sections = new ArrayList<>();
    sections.add(VmsnSection.of(VmsnSection.CONFIGURATION, HEADER_BYTES, configuration));
    if (memory != null) {
      sections.add(VmsnSection.of(memory));
      sections.add(
          VmsnSection.of(
              VmsnSection.MEMORY_DESCRIPTION, HEADER_BYTES + configuration.length, description));
    }
    ByteBuffer file =
        ByteBuffer.allocate(HEADER_BYTES + configuration.length + description.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(MAGIC).putInt(VERSION).putInt(HEADER_BYTES);
    file.order(ByteOrder.BIG_ENDIAN); // a uuid is bytes, not numbers (RFC 9562)
    file.putLong(vmUuid.getMostSignificantBits()).putLong(vmUuid.getLeastSignificantBits());
    file.order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(snapshotUid).putLong(ChronoUnit.MICROS.between(Instant.EPOCH, createTime));
    file.putInt(powerState.code()).putInt(sections.size());
    file.position(TABLE_OFFSET);
    sections.forEach(section -> section.writeTo(file));
    file.putInt(CHECKSUM_OFFSET, checksum(file.array(), 0, CHECKSUM_OFFSET));
    file.put(HEADER_BYTES, configuration);
    file.put(HEADER_BYTES + configuration.length, description);
    return file.array();
  }

  /**
   * @throws TooNewException if a newer version wrote it
   * @throws DamagedFileException if it is no such file, is cut off, or a checksum does not fit
   */
  public static VmsnFile read(VmStorage storage, String name) throws IOException {
    try (StorageFile file = storage.open(name, OpenMode.READ)) {
      long size = file.size();
      if (size < HEADER_BYTES) {
        throw new DamagedFileException(
            name, "has " + size + " bytes, less than the header of " + HEADER_BYTES);
      }
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      file.readFully(header, 0);
      checkHeader(name, header);
      header.position(16).order(ByteOrder.BIG_ENDIAN);
      UUID uuid = new UUID(header.getLong(), header.getLong());
      header.order(ByteOrder.LITTLE_ENDIAN);
      long uid = header.getLong();
      Instant time = Instant.EPOCH.plus(header.getLong(), ChronoUnit.MICROS);
      PowerState power = PowerState.ofCode(name, header.getInt());
      List<VmsnSection> sections = sections(name, header, header.getInt());
      VmsnSection.refuseUnknown(name, sections);
      VmsnSection configuration =
          VmsnSection.find(sections, VmsnSection.CONFIGURATION)
              .orElseThrow(
                  () -> new DamagedFileException(name, "has no configuration section (kind 1)"));
      return new VmsnFile(
          uuid,
          uid,
          time,
          power,
          configuration.read(name, file, size),
          memory(name, file, size, sections));
    }
  }

  /** What is told of the memory; whether the stream is whole is for others to check. */
  private static VmsnMemory memory(
      String name, StorageFile file, long size, List<VmsnSection> sections) throws IOException {
    Optional<VmsnSection> memory = VmsnSection.find(sections, VmsnSection.MEMORY);
    if (memory.isEmpty()) {
      return null;
    }
    VmsnSection stream = memory.get();
    if (stream.offset() < HEADER_BYTES
        || stream.offset() % VmsnMemory.ALIGNMENT != 0
        || stream.length() <= 0
        || stream.length() > size - stream.offset()) {
      throw new DamagedFileException(
          name,
          "the memory at byte %d with %d bytes does not lie in the file of %d bytes: it was cut off"
              .formatted(stream.offset(), stream.length(), size));
    }
    VmsnSection description =
        VmsnSection.find(sections, VmsnSection.MEMORY_DESCRIPTION)
            .orElseThrow(
                () ->
                    new DamagedFileException(name, "has memory without its description (kind 3)"));
    return VmsnMemory.of(name, stream, description.read(name, file, size));
  }

  private static void checkHeader(String name, ByteBuffer header) throws DamagedFileException {
    if (header.getLong(0) != MAGIC) {
      throw new DamagedFileException(
          name, "does not begin with the mark of a vmsnap state file (made by another program?)");
    }
    int version = header.getInt(8);
    if (version > VERSION || version < 1) {
      throw new TooNewException(name, Integer.toUnsignedLong(version), VERSION);
    }
    int stored = header.getInt(CHECKSUM_OFFSET);
    int found = checksum(header.array(), 0, CHECKSUM_OFFSET);
    if (stored != found) {
      throw new DamagedFileException(
          name,
          "checksum of the header (byte %d) is %08x, its content gives %08x"
              .formatted(CHECKSUM_OFFSET, stored, found));
    }
  }

  private static List<VmsnSection> sections(String name, ByteBuffer header, int count)
      throws DamagedFileException {
    if (count < 0 || count > MAX_SECTIONS) {
      throw new DamagedFileException(
          name, "number of sections (byte 52) is " + count + "; at most " + MAX_SECTIONS);
    }
    header.position(TABLE_OFFSET);
    List<VmsnSection> sections = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sections.add(VmsnSection.readFrom(header));
    }
    return sections;
  }

  static int checksum(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }
}
