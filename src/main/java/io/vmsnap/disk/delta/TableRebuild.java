package io.vmsnap.disk.delta;

import io.vmsnap.disk.index.LiveIndex;
import io.vmsnap.disk.vmdk.CowdHeader;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;

/**
 * Makes header, grain directory and grain tables of a delta anew from its index, for an extent
 * whose tables are damaged. The guest's data is not touched.
 */
public final class TableRebuild {
  private TableRebuild() {}

  /**
   * Nobody may have the delta open. Durable when it returns; after an interruption the tables lag
   * behind, and it can be repeated.
   *
   * @param delta as the descriptor has it; its header may be damaged
   */
  public static Seal.Result run(VmStorage storage, DeltaDisk delta) throws IOException {
    // Without a readable index the damaged tables are all there is: look before erasing them.
    LiveIndex.open(storage, delta.files().index()).close();
    // Generations begin anew: the stamp of an old one must not pass for one of the new.
    storage.delete(delta.files().stamp());
    storage.syncDirectory(DeltaFiles.FOLDER);
    DeltaLayout layout = delta.layout();
    try (StorageFile extent = storage.open(delta.files().extent(), OpenMode.READ_WRITE)) {
      extent.write(delta.newHeader().withUncleanShutdown().toBytes(), 0);
      extent.extendTo(layout.initialFileSize());
      extent.punchHole(CowdHeader.BYTES, layout.dataOffset() - CowdHeader.BYTES);
      extent.sync();
    }
    return Seal.run(storage, delta);
  }
}
