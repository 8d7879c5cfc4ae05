package io.vmsnap.vmdir.memory;

import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmsnMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/** The memory in a {@code .vmsn}: completes what QEMU wrote, and judges it before it is used. */
public final class MemoryFile {
  /** The method that leaves the page bitmaps to us. */
  public static final String BACKGROUND_SNAPSHOT = "BackgroundSnapshot";

  public static final String PRE_COPY = "PreCopy";

  private MemoryFile() {}

  /**
   * Makes a stream that QEMU has just written one that can be loaded and mapped, puts {@code state}
   * before it, and makes all of it durable. May be repeated.
   *
   * @param method {@link #BACKGROUND_SNAPSHOT} or {@link #PRE_COPY}
   * @param checked is told how many bytes of RAM more were looked at
   * @throws DamagedMemoryException if it is no whole stream
   */
  public static VmsnFile complete(
      VmStorage storage,
      String name,
      VmsnFile state,
      String method,
      String qemuVersion,
      LongConsumer checked)
      throws IOException {
    try (StorageFile file = storage.open(name, OpenMode.READ_WRITE)) {
      long offset = VmsnFile.memoryOffset(state.configuration());
      MappedRamStream stream = MappedRamStream.read(file, offset);
      if (method.equals(BACKGROUND_SNAPSHOT)) {
        PageBitmaps.writeFromData(file, stream);
      } else {
        PageBitmaps.punchUnmarked(file, stream);
      }
      PageBitmaps.verify(file, stream);
      RamBlock ram = stream.block(RamBlock.MAIN_RAM);
      VmsnMemory memory =
          new VmsnMemory(
              offset,
              file.size() - offset,
              MemoryChecksum.ofState(file, stream),
              ram.usedLength(),
              MemoryChecksum.ofPages(file, stream, checked),
              ram.pagesOffset(),
              method,
              qemuVersion,
              stream.machine());
      file.sync(); // the header vouches for the stream, so the stream is durable first
      VmsnFile whole = state.withMemory(memory);
      file.write(ByteBuffer.wrap(whole.toBytes()), 0);
      file.sync();
      return whole;
    }
  }

  /**
   * Checks all that decides whether the memory can be loaded; its time does not grow with the RAM.
   *
   * @throws DamagedMemoryException naming the offset
   */
  public static void checkState(VmStorage storage, String name, VmsnMemory memory)
      throws IOException {
    try (StorageFile file = storage.open(name, OpenMode.READ)) {
      checkState(file, memory);
    }
  }

  /**
   * Checks every byte.
   *
   * @param checked is told how many bytes of RAM more were looked at
   * @throws DamagedMemoryException naming the offset
   */
  public static void checkAll(
      VmStorage storage, String name, VmsnMemory memory, LongConsumer checked) throws IOException {
    try (StorageFile file = storage.open(name, OpenMode.READ)) {
      MappedRamStream stream = checkState(file, memory);
      PageBitmaps.verify(file, stream);
      expect(
          file,
          memory.pagesOffset(),
          "checksum of the pages",
          MemoryChecksum.ofPages(file, stream, checked),
          memory.ramChecksum());
    }
  }

  /**
   * Writes the copy of the stream with which a machine goes on whose RAM is mapped from the file.
   *
   * @throws DamagedFileException if the file holds no memory
   */
  public static void writeStateOnly(VmStorage storage, String name, String target)
      throws IOException {
    VmsnMemory memory = VmsnFile.read(storage, name).memory();
    if (memory == null) {
      throw new DamagedFileException(name, "holds no memory");
    }
    storage.delete(target);
    try (StorageFile file = storage.open(name, OpenMode.READ);
        StorageFile copy = storage.create(target)) {
      StateOnlyStream.write(file, checkState(file, memory), copy);
    }
  }

  private static MappedRamStream checkState(StorageFile file, VmsnMemory memory)
      throws IOException {
    MappedRamStream stream = MappedRamStream.read(file, memory.offset());
    RamBlock ram =
        stream.blocks().stream()
            .filter(block -> block.name().equals(RamBlock.MAIN_RAM))
            .findFirst()
            .orElseThrow(
                () ->
                    new DamagedMemoryException(
                        file.name(), memory.offset(), "no RAM block " + RamBlock.MAIN_RAM));
    boolean described =
        ram.pagesOffset() == memory.pagesOffset()
            && ram.usedLength() == memory.ramBytes()
            && stream.machine().equals(memory.machineType())
            && memory.offset() + memory.length() == file.size();
    if (!described) {
      throw new DamagedMemoryException(
          file.name(), memory.offset(), "the stream is not the one that the header describes");
    }
    expect(
        file,
        memory.offset(),
        "checksum of the state",
        MemoryChecksum.ofState(file, stream),
        memory.stateChecksum());
    return stream;
  }

  private static void expect(StorageFile file, long offset, String what, int found, int expected)
      throws DamagedMemoryException {
    if (found != expected) {
      throw new DamagedMemoryException(
          file.name(), offset, "%s is %08x, the header says %08x".formatted(what, found, expected));
    }
  }
}
