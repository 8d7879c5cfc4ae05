package io.vmsnap.hypervisor;

import java.nio.file.Path;
import java.util.Objects;

/**
 * One disk of a chain as the hypervisor opens it.
 *
 * @param nodeName its name in the block graph, see {@link NodeName}
 * @param extent the file with the data
 * @param index the qcow2 live index over the extent; null for a base disk, whose extent is raw
 * @param dataOffset byte in the extent at which the guest's byte 0 lies; 0 for a base disk
 * @param capacityBytes size of the disk that the guest sees
 */
public record DiskLayer(
    String nodeName, Path extent, Path index, long dataOffset, long capacityBytes) {
  public DiskLayer {
    Objects.requireNonNull(nodeName);
    Objects.requireNonNull(extent);
  }

  public boolean isBase() {
    return index == null;
  }
}
