package io.vmsnap.disk.merge;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.disk.index.LiveIndex;
import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.List;

/**
 * Moves what a delta holds into its parent, at the same offsets: where the file system can, blocks
 * are shared and nothing is copied. Holes stay holes, and zeros become holes.
 *
 * <p>It may be cut off at any instant, also by a power cut, and what is read through the child is
 * the same before, during and after: the parent is written only where the child hides it, its index
 * names new data only when that is durable, and the child lets go of a part only when the parent's
 * index has it. So the child's own index says how far the merge is, and a guest that writes to the
 * child in between does no harm. Nobody but the child may need the parent's old content.
 *
 * <p>Afterwards the parent, read by itself, is what the child was; its grain tables wait for a
 * seal, and the child is of no use.
 */
public final class DeltaMerge {
  /** Runs are collected for so much of the guest's disk at a time. */
  private static final long WINDOW = 256L << 20;

  /** The volume gets to work after so much, so that it does not idle first and is waited for. */
  private static final long WRITEBACK_BYTES = 16L << 20;

  private final VmStorage storage;
  private final DeltaDisk child;
  private final MergeTarget parent;
  private final MergeSettings settings;
  private final MergeProgress progress;
  private final long childOffset;
  private final StorageFile source;
  private final StorageFile target;
  private long total;
  private long done;
  private long copied;
  private long copiedAtCheckpoint;
  private long unreported;
  private long unwritten;
  private long unwrittenFrom;
  private boolean stopped;

  /**
   * What a merge did.
   *
   * @param complete false if the progress ended it early
   * @param copiedBytes in this run; zeros and holes are not copied
   */
  public record Result(boolean complete, long copiedBytes) {}

  private DeltaMerge(
      VmStorage storage,
      DeltaDisk child,
      MergeTarget parent,
      MergeSettings settings,
      MergeProgress progress,
      StorageFile source,
      StorageFile target) {
    this.storage = storage;
    this.child = child;
    this.parent = parent;
    this.settings = settings;
    this.progress = progress;
    this.childOffset = child.layout().dataOffset();
    this.source = source;
    this.target = target;
  }

  /**
   * @param child must not be written meanwhile, but may be read, through it and through its
   *     children; all its files must be writable
   * @param parent must be the child's parent and nobody else's, and its files writable
   */
  public static Result run(
      VmStorage storage,
      DeltaDisk child,
      MergeTarget parent,
      MergeSettings settings,
      MergeProgress progress)
      throws IOException {
    if (parent.capacity() != child.layout().capacity()) {
      throw new UnsupportedDiskException(
          child.files().descriptor(),
          "capacity",
          child.layout().capacity()
              + " bytes, and its parent "
              + parent.descriptor()
              + " has "
              + parent.capacity()
              + ": disks of different size cannot be merged");
    }
    // Tables that contradict their index must never claim to be complete.
    child.markIndexAhead(storage);
    if (parent.delta() != null) {
      parent.delta().markIndexAhead(storage);
    }
    OpenMode mode = settings.punch() ? OpenMode.READ_WRITE : OpenMode.READ;
    try (StorageFile source = storage.open(child.files().extent(), mode);
        StorageFile target = storage.open(parent.extent(), OpenMode.READ_WRITE)) {
      return new DeltaMerge(storage, child, parent, settings, progress, source, target).run();
    }
  }

  /**
   * Makes a delta hold nothing, in one atomic and durable step: its parent has taken over all of it
   * in another way. A QEMU that has the delta open does not see it.
   */
  public static void empty(VmStorage storage, DeltaDisk delta) throws IOException {
    delta.markIndexAhead(storage);
    try (LiveIndex index = LiveIndex.open(storage, delta.files().index())) {
      IndexMerge.giveUp(storage, delta, index, delta.layout().capacity());
    }
  }

  private Result run() throws IOException {
    long capacity = parent.capacity();
    long position = 0;
    while (position < capacity && !stopped) {
      long start = position;
      try (LiveIndex index = LiveIndex.open(storage, child.files().index())) {
        if (start == 0) {
          total = heldBytes(index);
        }
        position = copyUntilCheckpoint(index, start);
        makeDurable(index, position);
        if (position < capacity) {
          IndexMerge.giveUp(storage, child, index, position);
          if (settings.punch()) {
            source.punchHole(childOffset + start, position - start);
          }
        }
      }
    }
    if (parent.delta() != null) {
      parent.delta().growToStep(target);
    }
    report();
    return new Result(position == capacity, copied);
  }

  private long heldBytes(LiveIndex index) throws IOException {
    long held = 0;
    for (long at = 0; at < parent.capacity(); at += WINDOW) {
      for (DiskRun run : index.runs(at, Math.min(WINDOW, parent.capacity() - at))) {
        held += run.content() == Content.INHERITED ? 0 : run.length();
      }
    }
    return held;
  }

  /** Returns where it stopped: below, everything is in the parent's extent. */
  private long copyUntilCheckpoint(LiveIndex index, long from) throws IOException {
    copiedAtCheckpoint = copied;
    long position = from;
    while (position < parent.capacity()) {
      long length = Math.min(WINDOW, parent.capacity() - position);
      List<DiskRun> runs = index.runs(position, length);
      List<ByteRange> data = source.dataRanges(childOffset + position, length);
      int next = 0;
      for (DiskRun run : runs) {
        while (next < data.size() && data.get(next).end() <= childOffset + run.start()) {
          next++;
        }
        long end = merge(run, data.subList(next, data.size()));
        if (end < run.end() || mustPause()) {
          // The indexes know whole grains only; a part of one is copied again.
          return end == parent.capacity() ? end : end / DeltaLayout.GRAIN * DeltaLayout.GRAIN;
        }
      }
      position += length;
      report();
      if (stopped) {
        return position;
      }
    }
    return position;
  }

  /**
   * Merges a run, or, up to where it returns, its beginning.
   *
   * @param data of the source, from the run's start on
   */
  private long merge(DiskRun run, List<ByteRange> data) throws IOException {
    if (run.content() == Content.INHERITED) {
      return run.end();
    }
    long at = run.start();
    if (run.content() == Content.DATA) {
      for (ByteRange range : data) {
        long from = Math.max(at, range.start() - childOffset);
        long to = Math.min(run.end(), range.end() - childOffset);
        if (from >= run.end()) {
          break;
        }
        clear(at, from);
        at = copy(from, to);
        if (at < to || mustPause()) {
          return at;
        }
      }
    }
    clear(at, run.end());
    return run.end();
  }

  /** Copies in chunks; returns where it stopped. */
  private long copy(long from, long to) throws IOException {
    long at = from;
    while (at < to) {
      long length = Math.min(Math.min(settings.chunkBytes(), WRITEBACK_BYTES), to - at);
      source.copyTo(target, childOffset + at, parent.dataOffset() + at, length);
      startWriteback(at, length);
      at += length;
      done += length;
      copied += length;
      unreported += length;
      if (unreported >= settings.chunkBytes()) {
        report();
      }
      if (mustPause()) {
        return at;
      }
    }
    return at;
  }

  private void startWriteback(long at, long length) throws IOException {
    if (unwritten == 0) {
      unwrittenFrom = at;
    }
    unwritten += length;
    if (unwritten >= WRITEBACK_BYTES) {
      long range = at + length - unwrittenFrom;
      // Scattered pieces are left to the sync, which the volume can sort in one go.
      if (range <= 2 * unwritten) {
        target.startWriteback(parent.dataOffset() + unwrittenFrom, range);
      }
      unwritten = 0;
    }
  }

  private boolean mustPause() {
    return stopped || copied - copiedAtCheckpoint >= settings.checkpointBytes();
  }

  private void clear(long from, long to) throws IOException {
    if (to > from) {
      target.punchHole(parent.dataOffset() + from, to - from);
      done += to - from;
    }
  }

  private void report() throws IOException {
    unreported = 0;
    if (!progress.at(done, total, copied)) {
      stopped = true;
    }
  }

  /** What lies below the position is the parent's from now on, whatever happens. */
  private void makeDurable(LiveIndex index, long position) throws IOException {
    target.sync();
    if (parent.delta() != null) {
      IndexMerge.takeOver(storage, parent.delta(), index, position);
    }
  }
}
