package io.vmsnap.disk.copy;

import io.vmsnap.disk.DiskRun;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads a disk in chunks on several threads and hands the results over in the disk's order on the
 * caller's thread: formats that are written from front to back need the order, reading and
 * compressing need the threads, and the output is the same in every run. Memory is bounded by the
 * number of chunks under way.
 */
public final class ParallelCopy {
  /** A multiple of every block size in use. */
  public static final int CHUNK = 1 << 20;

  /** The map is asked for in windows, so that it stays small for any disk. */
  private static final long WINDOW = 256L << 20;

  private final CopySource source;
  private final int blockBytes;
  private final CopyProgress progress;
  private final int threads;

  /**
   * @param blockBytes the unit in which the target stores content, a power of two up to {@link
   *     #CHUNK}
   */
  public ParallelCopy(CopySource source, int blockBytes, CopyProgress progress) {
    this(source, blockBytes, progress, Runtime.getRuntime().availableProcessors());
  }

  ParallelCopy(CopySource source, int blockBytes, CopyProgress progress, int threads) {
    if (Integer.bitCount(blockBytes) != 1 || blockBytes < 512 || blockBytes > CHUNK) {
      throw new IllegalArgumentException("block of " + blockBytes + " bytes");
    }
    this.source = source;
    this.blockBytes = blockBytes;
    this.progress = progress;
    this.threads = threads;
  }

  /** Turns a chunk into what is to be written; runs on any thread. */
  @FunctionalInterface
  public interface Work<R> {
    R on(Chunk chunk) throws IOException;
  }

  /** Writes; called in the disk's order. The chunk's memory is used again afterwards. */
  @FunctionalInterface
  public interface Sink<R> {
    void accept(R result) throws IOException;
  }

  /** Copies chunks as they are. */
  public void run(Sink<Chunk> sink) throws IOException {
    run(chunk -> chunk, sink);
  }

  public <R> void run(Work<R> work, Sink<R> sink) throws IOException {
    int underWay = threads * 2 + 1;
    BlockingQueue<ByteBuffer> buffers = new ArrayBlockingQueue<>(underWay);
    Deque<Step<R>> steps = new ArrayDeque<>();
    long capacity = source.map().capacity();
    ExecutorService workers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("copy-", 0).daemon().factory());
    try (Arena arena = Arena.ofShared()) {
      for (int i = 0; i < underWay; i++) {
        buffers.add(arena.allocate(CHUNK).asByteBuffer());
      }
      try {
        for (long window = 0; window < capacity; window += WINDOW) {
          long length = Math.min(WINDOW, capacity - window);
          for (List<DiskRun> runs : chunks(source.map().runs(window, length))) {
            if (steps.size() == underWay) {
              finish(steps, sink, buffers);
            }
            ByteBuffer buffer = buffers.remove();
            steps.add(
                new Step<>(
                    runs.getLast().end(),
                    buffer,
                    workers.submit(() -> work.on(read(runs, buffer)))));
          }
          if (steps.isEmpty()) {
            progress.at(window + length, capacity);
          }
        }
        while (!steps.isEmpty()) {
          finish(steps, sink, buffers);
        }
      } finally {
        // workers use the arena's memory
        workers.shutdownNow();
        workers.close();
      }
    }
    progress.at(capacity, capacity);
  }

  private record Step<R>(long end, ByteBuffer buffer, Future<R> result) {}

  private <R> void finish(Deque<Step<R>> steps, Sink<R> sink, BlockingQueue<ByteBuffer> buffers)
      throws IOException {
    Step<R> step = steps.remove();
    try {
      sink.accept(step.result.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the copy was interrupted");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case UncheckedIOException io -> throw io.getCause();
        case RuntimeException defect -> throw defect;
        case Error error -> throw error;
        default -> throw new IllegalStateException(e.getCause());
      }
    }
    buffers.add(step.buffer);
    progress.at(step.end, source.map().capacity());
  }

  /** The runs to copy, cut at chunk ends, one list for each chunk that has any. */
  private List<List<DiskRun>> chunks(List<DiskRun> runs) {
    List<List<DiskRun>> chunks = new ArrayList<>();
    long current = -1;
    for (DiskRun run : runs) {
      if (!source.takes(run)) {
        continue;
      }
      for (long at = run.start(); at < run.end(); ) {
        long chunk = at / CHUNK;
        long end = Math.min(run.end(), (chunk + 1) * CHUNK);
        if (chunk != current) {
          chunks.add(new ArrayList<>());
          current = chunk;
        }
        chunks.getLast().add(new DiskRun(at, end - at, run.content()));
        at = end;
      }
    }
    return chunks;
  }

  private Chunk read(List<DiskRun> runs, ByteBuffer buffer) throws IOException {
    long offset = runs.getFirst().start() / CHUNK * CHUNK;
    int length = (int) Math.min(CHUNK, source.map().capacity() - offset);
    BitSet blocks = new BitSet(CHUNK / blockBytes);
    for (DiskRun run : runs) {
      blocks.set(
          (int) ((run.start() - offset) / blockBytes),
          (int) ((run.end() - offset + blockBytes - 1) / blockBytes));
    }
    buffer.clear().limit(length);
    Chunk chunk = new Chunk(offset, buffer, blocks, blockBytes);
    chunk.forEachRun(
        (from, to) ->
            source.content().read(chunk.blocks(from, to), offset + (long) from * blockBytes));
    if (source.wholeDisk()) {
      for (int i = blocks.nextSetBit(0); i >= 0; i = blocks.nextSetBit(i + 1)) {
        if (chunk.isZero(i)) {
          blocks.clear(i);
        }
      }
    }
    return chunk;
  }
}
