package io.vmsnap.disk.export;

import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.disk.copy.CopySource;
import io.vmsnap.disk.copy.ParallelCopy;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Writes a disk's content byte by byte: into a file with holes, or as a stream. */
final class RawExport {
  private static final int BLOCK = 4096;

  private RawExport() {}

  static void toFile(VirtualDisk disk, StorageFile target, CopyProgress progress)
      throws IOException {
    target.extendTo(disk.capacity());
    new ParallelCopy(CopySource.ofDisk(disk), BLOCK, progress)
        .run(
            chunk ->
                chunk.forEachRun(
                    (from, to) ->
                        target.write(
                            chunk.blocks(from, to), chunk.offset() + (long) from * BLOCK)));
  }

  static void toStream(VirtualDisk disk, WritableByteChannel target, CopyProgress progress)
      throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(ParallelCopy.CHUNK);
    long[] written = {0};
    new ParallelCopy(CopySource.ofDisk(disk), ParallelCopy.CHUNK, progress)
        .run(
            chunk -> {
              if (!chunk.blocks().isEmpty()) {
                pad(target, zeros, chunk.offset() - written[0]);
                written[0] = chunk.offset() + chunk.content().limit();
                writeAll(target, chunk.blocks(0, 1));
              }
            });
    pad(target, zeros, disk.capacity() - written[0]);
  }

  private static void pad(WritableByteChannel target, ByteBuffer zeros, long length)
      throws IOException {
    for (long left = length; left > 0; ) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), left));
      left -= zeros.limit();
      writeAll(target, zeros);
    }
  }

  private static void writeAll(WritableByteChannel target, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      target.write(bytes);
    }
  }
}
