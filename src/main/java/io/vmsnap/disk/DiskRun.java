package io.vmsnap.disk;

import java.util.ArrayList;
import java.util.List;

/** A range of a disk of which the same can be said throughout; bytes. */
public record DiskRun(long start, long length, Content content) {
  /** What a reader finds in the run. */
  public enum Content {
    /** The layer says nothing: its parent's content shows. Never in a whole disk. */
    INHERITED,
    /** Zeros, without reading. */
    ZERO,
    /** Bytes to read, which may be zeros too. */
    DATA
  }

  public DiskRun {
    if (start < 0 || length <= 0 || start + length < 0) {
      throw new IllegalArgumentException("bad run: start " + start + ", length " + length);
    }
  }

  public long end() {
    return start + length;
  }

  /** Appends runs to a list and melts those that continue the one before. */
  public static final class Collector {
    private final List<DiskRun> runs = new ArrayList<>();
    private long start;
    private long end = -1;
    private Content content;

    /** Adds the run that follows; a length of zero adds nothing. */
    public void add(long from, long length, Content what) {
      if (length == 0) {
        return;
      }
      if (from == end && what == content) {
        end += length;
        return;
      }
      flush();
      start = from;
      end = from + length;
      content = what;
    }

    /** All runs added so far. */
    public List<DiskRun> toList() {
      flush();
      end = -1;
      return runs;
    }

    private void flush() {
      if (end >= 0) {
        runs.add(new DiskRun(start, end - start, content));
      }
    }
  }
}
