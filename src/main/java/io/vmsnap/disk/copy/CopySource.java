package io.vmsnap.disk.copy;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.VirtualDisk;
import java.util.List;

/**
 * What is copied: a whole disk, of which zeros are left out, or one layer, of which everything it
 * holds is copied, zeros too, because they hide the parent.
 *
 * @param content is read; for a layer the layer over its parents, because a block may be held in
 *     part only
 * @param map tells what is to be copied
 * @param wholeDisk whether zeros are left out
 */
public record CopySource(VirtualDisk content, VirtualDisk map, boolean wholeDisk) {
  public static CopySource ofDisk(VirtualDisk disk) {
    return new CopySource(disk, disk, true);
  }

  /**
   * @param chain the layer first, then its ancestors
   */
  public static CopySource ofLayer(List<? extends VirtualDisk> chain) {
    return new CopySource(new LayeredDisk(chain), chain.getFirst(), false);
  }

  boolean takes(DiskRun run) {
    return wholeDisk ? run.content() == Content.DATA : run.content() != Content.INHERITED;
  }
}
