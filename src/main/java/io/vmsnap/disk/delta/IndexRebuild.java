package io.vmsnap.disk.delta;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.index.IndexWriter;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;

/**
 * Makes the index of a delta anew from its grain tables, for a delta whose index was lost, as when
 * only VMware's files were copied. What the guest wrote after the last seal is not in the tables
 * and so not in the new index.
 */
public final class IndexRebuild {
  /** Runs are collected for one gibibyte at a time. */
  private static final long WINDOW = 1L << 30;

  private static final String TEMPORARY_SUFFIX = "~";

  private IndexRebuild() {}

  /**
   * Replaces the index, or makes a missing one. Nobody may have the delta open. Durable when it
   * returns; after an interruption the old index is as it was.
   */
  public static void run(VmStorage storage, DeltaDisk delta) throws IOException {
    String name = delta.files().index();
    String temporary = name + TEMPORARY_SUFFIX;
    storage.createFolder(DeltaFiles.FOLDER);
    storage.delete(temporary);
    try (SealedDelta tables = SealedDelta.open(storage, delta);
        IndexWriter index =
            IndexWriter.create(
                storage,
                temporary,
                tables.capacity(),
                delta.files().extent(),
                delta.layout().dataOffset())) {
      for (long at = 0; at < tables.capacity(); at += WINDOW) {
        for (DiskRun run : tables.runs(at, Math.min(WINDOW, tables.capacity() - at))) {
          if (run.content() == Content.DATA) {
            index.add(run.start(), run.length(), Content.DATA);
          }
        }
      }
      index.finish();
    } catch (IOException | RuntimeException e) {
      storage.delete(temporary);
      throw e;
    }
    storage.rename(temporary, name);
    storage.syncDirectory(DeltaFiles.FOLDER);
  }
}
