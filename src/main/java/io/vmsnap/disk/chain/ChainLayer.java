package io.vmsnap.disk.chain;

import io.vmsnap.disk.vmdk.ContentId;

/**
 * One disk of a chain, in plain values: what a hypervisor needs to open it.
 *
 * @param descriptor name of the descriptor
 * @param extent name of the file with the data
 * @param index name of the live index; null for a base disk
 * @param dataOffset byte of the extent at which the guest's byte 0 lies; 0 for a base disk
 * @param capacity bytes of the disk that the guest sees
 * @param parentCid {@link ContentId#NONE} for a base disk
 */
public record ChainLayer(
    String descriptor,
    String extent,
    String index,
    long dataOffset,
    long capacity,
    ContentId cid,
    ContentId parentCid) {
  public boolean isBase() {
    return index == null;
  }
}
