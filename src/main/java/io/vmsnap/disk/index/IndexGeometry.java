package io.vmsnap.disk.index;

/** The sizes that every index of this program has; bytes unless a name says otherwise. */
public final class IndexGeometry {
  /** Bits of {@link #CLUSTER}. */
  static final int CLUSTER_BITS = 17;

  /** Unit of the file, and of what one L2 entry describes. */
  public static final int CLUSTER = 1 << CLUSTER_BITS;

  /** Subclusters of a cluster, each with two bits of the L2 entry. */
  static final int SUBCLUSTERS = 32;

  /** What is allocated at once; as large as a grain of the sealed view. */
  public static final int SUBCLUSTER = CLUSTER / SUBCLUSTERS;

  /** Extended L2 entry: descriptor and subcluster bitmap, 64 bits each. */
  static final int L2_ENTRY = 16;

  /** Entries of an L2 table, which fills a cluster. */
  static final int L2_ENTRIES = CLUSTER / L2_ENTRY;

  /** What one L2 table, and so one L1 entry, describes: 1 GiB. */
  public static final long L2_COVERAGE = (long) L2_ENTRIES * CLUSTER;

  /** Bits of a reference count as a power of two: 2^4 = 16. */
  static final int REFCOUNT_ORDER = 4;

  /** Counts in a refcount block, which fills a cluster: enough for an index of 8 GiB. */
  static final int REFCOUNTS_PER_BLOCK = CLUSTER / Short.BYTES;

  /**
   * Largest L1 table that is read, in entries: describes 16 TiB, far more than a delta can have.
   */
  static final int MAX_L1_ENTRIES = CLUSTER / Long.BYTES;

  private IndexGeometry() {}

  static int l1Entries(long capacity) {
    return (int) Math.ceilDiv(capacity, L2_COVERAGE);
  }
}
