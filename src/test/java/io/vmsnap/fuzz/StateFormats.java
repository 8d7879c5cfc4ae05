package io.vmsnap.fuzz;

import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmsnMemory;
import io.vmsnap.vmdir.memory.MappedRamStream;
import io.vmsnap.vmdir.memory.MemoryFile;
import io.vmsnap.vmdir.memory.PageBitmaps;
import io.vmsnap.vmdir.memory.SampleStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/** The state of a machine at a snapshot, and the stream of its memory in it. */
final class StateFormats {
  private static final String NAME = "web-Snapshot1.vmsn";
  private static final int HEADER = 4096;

  /** The file of a small machine; a fuzzer has the first bytes of it. */
  private static final long STREAM_FILE = 8 << 20;

  private StateFormats() {}

  /** As it is, and with checksums that fit: they guard against accidents, not against malice. */
  static void readVmsn(byte[] content) throws IOException {
    Reader.check(StateFormats::readMemory, NAME, withChecksums(content));
    VmsnFile.read(new FuzzedDirectory().with(NAME, content), NAME);
  }

  private static void readMemory(byte[] content) throws IOException {
    FuzzedDirectory directory = new FuzzedDirectory().with(NAME, content);
    VmsnFile state = VmsnFile.read(directory, NAME);
    if (state.memory() != null) {
      MemoryFile.checkState(directory, NAME, state.memory());
    }
  }

  private static byte[] withChecksums(byte[] content) {
    byte[] changed = content.clone();
    if (changed.length < HEADER) {
      return changed;
    }
    ByteBuffer file = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
    int sections = Math.clamp(file.getInt(52), 0, 32);
    for (int i = 0; i < sections; i++) {
      int row = 64 + i * 32;
      long offset = file.getLong(row + 8);
      long length = file.getLong(row + 16);
      if (offset >= HEADER && length >= 0 && length <= changed.length - offset) {
        file.putInt(row + 24, checksum(changed, (int) offset, (int) length));
      }
    }
    file.putInt(HEADER - 4, checksum(changed, 0, HEADER - 4));
    return changed;
  }

  private static int checksum(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }

  static List<byte[]> vmsn() {
    byte[] vmx = "displayName = \"web\"\n".getBytes(StandardCharsets.UTF_8);
    VmsnFile state =
        new VmsnFile(
            UUID.fromString("564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7"),
            1,
            Instant.parse("2026-01-02T03:04:05.678901Z"),
            PowerState.PoweredOn,
            vmx);
    long offset = VmsnFile.memoryOffset(vmx);
    VmsnMemory memory =
        new VmsnMemory(
            offset, 512, 7, 72 * 4096, 9, offset + 4096, "PreCopy", "10.0.2", "pc-q35-10.0");
    byte[] withMemory = Arrays.copyOf(state.withMemory(memory).toBytes(), (int) offset + 512);
    return List.of(state.toBytes(), withMemory);
  }

  static void readStream(byte[] content) throws IOException {
    try (StorageFile file =
        new FuzzedDirectory().with(NAME, content, STREAM_FILE).open(NAME, OpenMode.READ)) {
      MappedRamStream stream = MappedRamStream.read(file, 0);
      stream.totalLength();
      PageBitmaps.verify(file, stream);
    }
  }

  static List<byte[]> streams() throws IOException {
    MemoryStorage storage = new MemoryStorage();
    try (StorageFile file = storage.create(NAME)) {
      SampleStream.write(file, 0);
    }
    return List.of(storage.content(NAME));
  }
}
