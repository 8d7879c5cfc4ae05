package io.vmsnap.disk.merge;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.DeltaFiles;
import io.vmsnap.disk.index.IndexGeometry;
import io.vmsnap.disk.index.IndexWriter;
import io.vmsnap.disk.index.LiveIndex;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import java.io.IOException;
import java.util.List;

/**
 * Gives a delta a new index in one atomic step. A QEMU that has the old one open goes on reading
 * that, as it was.
 */
final class IndexMerge {
  private IndexMerge() {}

  /** The parent holds what the child holds below {@code end}, and what it held itself. */
  static void takeOver(VmStorage storage, DeltaDisk parent, LiveIndex child, long end)
      throws IOException {
    try (LiveIndex own = LiveIndex.open(storage, parent.files().index())) {
      replace(
          storage,
          parent,
          (writer, at, length) -> {
            long cut = Math.clamp(end, at, at + length);
            overlay(writer, runs(child, at, cut - at), runs(own, at, cut - at));
            add(writer, runs(own, cut, at + length - cut));
          });
    }
  }

  /** The child holds nothing below {@code start} any more. */
  static void giveUp(VmStorage storage, DeltaDisk child, LiveIndex index, long start)
      throws IOException {
    replace(
        storage,
        child,
        (writer, at, length) -> {
          long cut = Math.clamp(start, at, at + length);
          add(writer, runs(index, cut, at + length - cut));
        });
  }

  private interface Window {
    void write(IndexWriter writer, long at, long length) throws IOException;
  }

  private static void replace(VmStorage storage, DeltaDisk delta, Window window)
      throws IOException {
    String name = delta.files().index();
    String temporary = name + WholeFile.TEMPORARY_SUFFIX;
    storage.delete(temporary); // left by a crash
    long capacity = delta.layout().capacity();
    try (IndexWriter writer =
        IndexWriter.create(
            storage, temporary, capacity, delta.files().extent(), delta.layout().dataOffset())) {
      for (long at = 0; at < capacity; at += IndexGeometry.L2_COVERAGE) {
        window.write(writer, at, Math.min(IndexGeometry.L2_COVERAGE, capacity - at));
      }
      writer.finish();
    }
    storage.rename(temporary, name);
    storage.syncDirectory(DeltaFiles.FOLDER);
  }

  private static List<DiskRun> runs(LiveIndex index, long at, long length) throws IOException {
    return length == 0 ? List.of() : index.runs(at, length);
  }

  private static void add(IndexWriter writer, List<DiskRun> runs) throws IOException {
    for (DiskRun run : runs) {
      writer.add(run.start(), run.length(), run.content());
    }
  }

  /** Both lists cover the same range; where the upper one says nothing, the lower one counts. */
  private static void overlay(IndexWriter writer, List<DiskRun> upper, List<DiskRun> lower)
      throws IOException {
    int below = 0;
    for (DiskRun run : upper) {
      if (run.content() != Content.INHERITED) {
        writer.add(run.start(), run.length(), run.content());
        continue;
      }
      while (below < lower.size() && lower.get(below).end() <= run.start()) {
        below++;
      }
      for (int i = below; i < lower.size() && lower.get(i).start() < run.end(); i++) {
        long from = Math.max(run.start(), lower.get(i).start());
        long to = Math.min(run.end(), lower.get(i).end());
        writer.add(from, to - from, lower.get(i).content());
      }
    }
  }
}
