package io.vmsnap.disk.export;

import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.copy.Chunk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.disk.copy.CopySource;
import io.vmsnap.disk.copy.ParallelCopy;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes a qcow2 image, version 3, with clusters of 64 KiB, without backing file, from front to
 * back: header, L1 table, then data clusters and, after the 512 MiB it maps, each L2 table; last
 * the reference counts (every cluster has one) and the header again, so that an unfinished file has
 * no magic. All numbers big-endian. Source: QEMU {@code docs/interop/qcow2.txt}.
 */
final class Qcow2Export {
  private static final int CLUSTER_BITS = 16;
  private static final int CLUSTER = 1 << CLUSTER_BITS;
  private static final int L2_ENTRIES = CLUSTER / Long.BYTES;
  private static final int REFCOUNTS_PER_BLOCK = CLUSTER / Short.BYTES;
  private static final int MAGIC = 0x514649fb; // "QFI\xfb"
  private static final int HEADER_LENGTH = 104;
  private static final long COPIED = 1L << 63;

  /** L1 tables of at most 32 MiB: what QEMU opens. */
  private static final long MAX_CAPACITY = (32L << 20) / Long.BYTES * L2_ENTRIES * CLUSTER;

  private final StorageFile target;
  private final long capacity;
  private final ByteBuffer l1;
  private final ByteBuffer l2 = ByteBuffer.allocateDirect(CLUSTER);
  private long next;
  private int l2Index = -1;

  private Qcow2Export(StorageFile target, long capacity) {
    this.target = target;
    this.capacity = capacity;
    int entries = (int) Math.ceilDiv(capacity, (long) L2_ENTRIES * CLUSTER);
    this.l1 = ByteBuffer.allocate(entries * Long.BYTES);
    this.next = CLUSTER + roundUp(l1.capacity());
  }

  static void toFile(VirtualDisk disk, StorageFile target, CopyProgress progress)
      throws IOException {
    if (disk.capacity() > MAX_CAPACITY) {
      throw new UnsupportedDiskException(
          disk.name(), "capacity", disk.capacity() + " bytes; qcow2 holds " + MAX_CAPACITY);
    }
    Qcow2Export export = new Qcow2Export(target, disk.capacity());
    new ParallelCopy(CopySource.ofDisk(disk), CLUSTER, progress).run(export::add);
    export.finish();
  }

  private void add(Chunk chunk) throws IOException {
    chunk.forEachRun((from, to) -> add(chunk, from, to));
  }

  private void add(Chunk chunk, int from, int to) throws IOException {
    // a chunk never crosses an L2 table
    long cluster = chunk.offset() / CLUSTER + from;
    int table = (int) (cluster / L2_ENTRIES);
    if (table != l2Index) {
      flushL2();
      l2Index = table;
    }
    target.write(chunk.blocks(from, to), next);
    for (int i = 0; i < to - from; i++) {
      l2.putLong((int) ((cluster + i) % L2_ENTRIES) * Long.BYTES, next | COPIED);
      next += CLUSTER;
    }
  }

  private void flushL2() throws IOException {
    if (l2Index < 0) {
      return;
    }
    l1.putLong(l2Index * Long.BYTES, next | COPIED);
    target.write(l2.clear(), next);
    next += CLUSTER;
    for (int i = 0; i < CLUSTER; i += Long.BYTES) {
      l2.putLong(i, 0);
    }
  }

  private void finish() throws IOException {
    flushL2();
    target.write(l1.clear(), CLUSTER);
    long tableOffset = next;
    long content = next / CLUSTER;
    // the table and the blocks count themselves
    long blocks = 0;
    long tableClusters = 0;
    long clusters;
    do {
      clusters = content + blocks + tableClusters;
      blocks = Math.ceilDiv(clusters, (long) REFCOUNTS_PER_BLOCK);
      tableClusters = roundUp(blocks * Long.BYTES) / CLUSTER;
    } while (content + blocks + tableClusters != clusters);
    ByteBuffer table = ByteBuffer.allocate((int) (tableClusters * CLUSTER));
    long firstBlock = tableOffset + tableClusters * CLUSTER;
    ByteBuffer block = ByteBuffer.allocateDirect(CLUSTER);
    for (long b = 0; b < blocks; b++) {
      table.putLong(firstBlock + b * CLUSTER);
      block.clear();
      long counted = b * REFCOUNTS_PER_BLOCK;
      for (int i = 0; i < REFCOUNTS_PER_BLOCK; i++) {
        block.putShort((short) (counted + i < clusters ? 1 : 0));
      }
      target.write(block.flip(), firstBlock + b * CLUSTER);
    }
    target.write(table.clear(), tableOffset);
    target.extendTo(clusters * CLUSTER);
    target.write(header(tableOffset, (int) tableClusters), 0);
  }

  private ByteBuffer header(long refcountTable, int refcountClusters) {
    ByteBuffer h = ByteBuffer.allocate(HEADER_LENGTH + 8);
    h.putInt(MAGIC).putInt(3).putLong(0).putInt(0).putInt(CLUSTER_BITS).putLong(capacity);
    h.putInt(0).putInt(l1.capacity() / Long.BYTES).putLong(CLUSTER);
    h.putLong(refcountTable).putInt(refcountClusters).putInt(0).putLong(0);
    h.putLong(0).putLong(0).putLong(0); // no incompatible, compatible, autoclear features
    h.putInt(4).putInt(HEADER_LENGTH); // reference counts of 2^4 bits
    return h.clear(); // then the end of the header extensions: 8 zero bytes
  }

  private static long roundUp(long bytes) {
    return (bytes + CLUSTER - 1) / CLUSTER * CLUSTER;
  }
}
