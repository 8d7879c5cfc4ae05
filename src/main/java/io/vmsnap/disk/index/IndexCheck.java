package io.vmsnap.disk.index;

import static io.vmsnap.disk.index.IndexGeometry.CLUSTER;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Verifies that every cluster of an index serves one purpose and is counted once: a cluster that
 * two tables share, or that QEMU believes free, would be overwritten by the next write of the
 * guest.
 */
public final class IndexCheck {
  private static final long OFFSET_MASK = 0x00ff_ffff_ffff_fe00L;

  private final StorageFile file;
  private final LiveIndex index;
  private final Map<Long, String> owners = new TreeMap<>();
  private final List<DiskException> findings = new ArrayList<>();

  private IndexCheck(StorageFile file, LiveIndex index) {
    this.file = file;
    this.index = index;
  }

  /**
   * Checks header, tables and counts.
   *
   * @return what is wrong, each with file and offset; empty for a sound index
   * @throws IOException if the file cannot be read, not if its content is wrong
   */
  public static List<DiskException> run(VmStorage storage, String name) throws IOException {
    try (StorageFile file = storage.open(name, OpenMode.READ);
        LiveIndex index = LiveIndex.open(storage, name)) {
      IndexCheck check = new IndexCheck(file, index);
      check.clusters();
      check.entries();
      return check.findings;
    } catch (DiskException e) {
      return List.of(e);
    }
  }

  private void clusters() throws IOException {
    IndexHeader header = index.header();
    own(0, "the header");
    long l1Clusters = Math.ceilDiv((long) header.l1Entries() * Long.BYTES, CLUSTER);
    for (long i = 0; i < l1Clusters; i++) {
      own(header.l1Offset() + i * CLUSTER, "the L1 table");
    }
    for (int i = 0; i < header.refcountTableClusters(); i++) {
      own(header.refcountTableOffset() + (long) i * CLUSTER, "the refcount table");
    }
    for (int gibibyte = 0; gibibyte < header.l1Entries(); gibibyte++) {
      if (!index.isEmpty(gibibyte)) {
        own(index.tableOffset(gibibyte), "L2 table " + gibibyte);
      }
    }
    long[] blocks = refcountBlocks();
    for (int i = 0; i < blocks.length; i++) {
      if (blocks[i] != 0) {
        own(blocks[i], "refcount block " + i);
      }
    }
    for (Map.Entry<Long, String> owner : owners.entrySet()) {
      count(owner.getKey(), owner.getValue(), blocks);
    }
  }

  private void own(long offset, String owner) {
    String other = owners.putIfAbsent(offset, owner);
    if (other != null) {
      findings.add(
          CorruptDiskException.at(
              file.name(), offset, "the cluster serves " + other + " and " + owner));
    }
  }

  private long[] refcountBlocks() throws IOException {
    IndexHeader header = index.header();
    ByteBuffer bytes = ByteBuffer.allocate(header.refcountTableClusters() * CLUSTER);
    file.readFully(bytes, header.refcountTableOffset());
    long[] blocks = new long[bytes.capacity() / Long.BYTES];
    bytes.flip().asLongBuffer().get(blocks);
    long size = file.size();
    for (int i = 0; i < blocks.length; i++) {
      long offset = blocks[i] & OFFSET_MASK;
      if (blocks[i] != 0
          && (offset != blocks[i] || offset % CLUSTER != 0 || offset > size - CLUSTER)) {
        findings.add(
            CorruptDiskException.at(
                file.name(),
                header.refcountTableOffset() + (long) i * Long.BYTES,
                String.format("the entry %016x leads to no cluster of the file", blocks[i])));
        blocks[i] = 0;
      }
    }
    return blocks;
  }

  private void count(long offset, String owner, long[] blocks) throws IOException {
    long cluster = offset / CLUSTER;
    long block = cluster / IndexGeometry.REFCOUNTS_PER_BLOCK;
    int count = 0;
    if (block < blocks.length && blocks[(int) block] != 0) {
      long within = cluster % IndexGeometry.REFCOUNTS_PER_BLOCK * Short.BYTES;
      ByteBuffer bytes = ByteBuffer.allocate(Short.BYTES);
      file.readFully(bytes, blocks[(int) block] + within);
      count = bytes.getShort(0) & 0xffff;
    }
    if (count != 1) {
      findings.add(
          CorruptDiskException.at(
              file.name(), offset, "the reference count of " + owner + " is " + count + ", not 1"));
    }
  }

  private void entries() throws IOException {
    for (int gibibyte = 0; gibibyte < index.header().l1Entries(); gibibyte++) {
      long start = gibibyte * IndexGeometry.L2_COVERAGE;
      if (!index.isEmpty(gibibyte) && start < index.capacity()) {
        try {
          index.runs(start, Math.min(IndexGeometry.L2_COVERAGE, index.capacity() - start));
        } catch (CorruptDiskException e) {
          findings.add(e);
        }
      }
    }
  }
}
