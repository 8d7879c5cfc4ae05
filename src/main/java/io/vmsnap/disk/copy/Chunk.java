package io.vmsnap.disk.copy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * A window of a disk in memory.
 *
 * @param offset where it begins on the disk, a multiple of the chunk size
 * @param content all of its bytes; shorter than a chunk only at the disk's end
 * @param blocks which blocks are to be copied
 * @param blockBytes length of a block; the last one of a disk may be shorter
 */
public record Chunk(long offset, ByteBuffer content, BitSet blocks, int blockBytes) {
  private static final MemorySegment ZEROS = Arena.global().allocate(ParallelCopy.CHUNK);

  /** Bytes of a block; shorter at the disk's end. */
  public int length(int block) {
    return Math.min(blockBytes, content.limit() - block * blockBytes);
  }

  /** A block's bytes. */
  public ByteBuffer block(int block) {
    return content.slice(block * blockBytes, length(block));
  }

  /** The bytes of the blocks from one to before another. */
  public ByteBuffer blocks(int from, int to) {
    int start = from * blockBytes;
    return content.slice(start, Math.min(content.limit(), to * blockBytes) - start);
  }

  /** Whether a block is all zeros. */
  public boolean isZero(int block) {
    if (content.getLong(block * blockBytes) != 0) {
      return false; // nearly always, and without an object
    }
    ByteBuffer bytes = block(block);
    MemorySegment content = MemorySegment.ofBuffer(bytes);
    return MemorySegment.mismatch(content, 0, content.byteSize(), ZEROS, 0, content.byteSize()) < 0;
  }

  /** Hands over each run of neighbouring blocks: number of the first, and after the last. */
  public <X extends Exception> void forEachRun(RunSink<X> sink) throws X {
    for (int from = blocks.nextSetBit(0); from >= 0; ) {
      int to = blocks.nextClearBit(from);
      sink.run(from, to);
      from = blocks.nextSetBit(to);
    }
  }

  /** Takes runs of blocks. */
  @FunctionalInterface
  public interface RunSink<X extends Exception> {
    void run(int from, int to) throws X;
  }
}
