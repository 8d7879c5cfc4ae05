package io.vmsnap.vmdir.memory;

import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/** Checksums of a {@code mapped-ram} stream; the same whether zeros are holes or not. */
final class MemoryChecksum {
  private static final int CHUNK = 1 << 20;
  private static final ByteBuffer ZEROS = ByteBuffer.allocate(CHUNK).asReadOnlyBuffer();

  private final StorageFile file;
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer buffer = ByteBuffer.allocate(CHUNK);

  private MemoryChecksum(StorageFile file) {
    this.file = file;
  }

  /** CRC-32C of all that is not a page of RAM, in the order of the file. */
  static int ofState(StorageFile file, MappedRamStream stream) throws IOException {
    MemoryChecksum checksum = new MemoryChecksum(file);
    long position = stream.offset();
    for (RamBlock block : stream.blocks()) {
      checksum.addRange(position, block.pagesOffset());
      position = block.pages().end();
    }
    checksum.addRange(position, file.size());
    return (int) checksum.crc.getValue();
  }

  /**
   * CRC-32C over the chunks of 1 MiB that are not all zero, block after block; each is preceded by
   * its block's place in the stream (32 bits) and its own in the block (64 bits), little-endian.
   *
   * @param checked is told how many bytes of RAM more were looked at
   */
  static int ofPages(StorageFile file, MappedRamStream stream, LongConsumer checked)
      throws IOException {
    MemoryChecksum checksum = new MemoryChecksum(file);
    for (int i = 0; i < stream.blocks().size(); i++) {
      checksum.addPages(i, stream.blocks().get(i), checked);
    }
    return (int) checksum.crc.getValue();
  }

  private void addRange(long from, long to) throws IOException {
    for (long at = from; at < to; at += CHUNK) {
      file.readFully(buffer.clear().limit((int) Math.min(CHUNK, to - at)), at);
      crc.update(buffer.flip());
    }
  }

  private void addPages(int place, RamBlock block, LongConsumer checked) throws IOException {
    long next = 0; // first chunk that was not looked at: two ranges may share one
    for (ByteRange data : file.dataRanges(block.pagesOffset(), block.usedLength())) {
      long first = Math.max(next, (data.start() - block.pagesOffset()) / CHUNK);
      next = Math.max(next, (data.end() - block.pagesOffset() + CHUNK - 1) / CHUNK);
      for (long chunk = first; chunk < next; chunk++) {
        addChunk(place, block, chunk);
      }
      checked.accept((next - first) * CHUNK);
    }
  }

  private void addChunk(int place, RamBlock block, long chunk) throws IOException {
    int length = (int) Math.min(CHUNK, block.usedLength() - chunk * CHUNK);
    file.readFully(buffer.clear().limit(length), block.pagesOffset() + chunk * CHUNK);
    buffer.flip();
    if (buffer.mismatch(ZEROS.slice(0, length)) >= 0) {
      crc.update(
          ByteBuffer.allocate(12)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(place)
              .putLong(chunk)
              .flip());
      crc.update(buffer);
    }
  }
}
