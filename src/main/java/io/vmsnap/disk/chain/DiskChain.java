package io.vmsnap.disk.chain;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.vmdk.ContentId;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A base disk and the deltas over it, found from the descriptor of the topmost one. Opening reads
 * descriptors and headers only; {@link #content} reads what the guest sees.
 */
public final class DiskChain {
  /** Far above VMware's 32 snapshots in a row; bounds what a forged directory can cost. */
  static final int MAX_DISKS = 256;

  private final BaseDisk base;
  private final List<DeltaDisk> deltas;

  private DiskChain(BaseDisk base, List<DeltaDisk> deltas) {
    this.base = base;
    this.deltas = deltas;
  }

  /**
   * Follows the parents down to the base and checks that all fits: CIDs, capacities, headers.
   *
   * @throws CorruptDiskException if a link is broken; names the file and what to do
   */
  public static DiskChain open(VmStorage storage, String descriptor) throws IOException {
    Deque<DeltaDisk> deltas = new ArrayDeque<>();
    Set<String> seen = new HashSet<>();
    String name = descriptor;
    while (true) {
      if (!seen.add(name)) {
        throw CorruptDiskException.in(name, "is its own ancestor: the chain of parents is a loop");
      }
      if (seen.size() > MAX_DISKS) {
        throw new UnsupportedDiskException(
            descriptor, "parents", "more than " + MAX_DISKS + " disks in a row");
      }
      DiskDescriptor text = DiskDescriptor.read(storage, name);
      if (!deltas.isEmpty()) {
        requireSameContent(deltas.getFirst(), text);
      }
      Optional<String> hint = text.parentFileNameHint();
      if (hint.isEmpty() && text.parentCid().equals(ContentId.NONE)) {
        return new DiskChain(BaseDisk.open(storage, text), List.copyOf(deltas));
      }
      deltas.addFirst(DeltaDisk.open(storage, text));
      name = hint.orElseThrow();
    }
  }

  private static void requireSameContent(DeltaDisk child, DiskDescriptor parent)
      throws CorruptDiskException {
    if (!child.parentCid().equals(parent.cid())) {
      throw CorruptDiskException.in(
          child.files().descriptor(),
          "parentCID is "
              + child.parentCid()
              + ", but the CID of "
              + parent.fileName()
              + " is "
              + parent.cid()
              + ": the parent was written since the snapshot, or replaced");
    }
    if (child.layout().capacity() < parent.capacity()) {
      throw CorruptDiskException.in(
          child.files().descriptor(),
          "has "
              + child.layout().capacity()
              + " bytes, fewer than its parent "
              + parent.fileName()
              + " with "
              + parent.capacity());
    }
  }

  public BaseDisk base() {
    return base;
  }

  /** Oldest first; empty if the base itself is active. */
  public List<DeltaDisk> deltas() {
    return deltas;
  }

  /** The descriptor that was opened: the topmost disk, which takes the writes. */
  public String active() {
    return deltas.isEmpty() ? base.descriptor() : deltas.getLast().files().descriptor();
  }

  /** Bytes of the disk that the guest sees. */
  public long capacity() {
    return deltas.isEmpty() ? base.capacity() : deltas.getLast().layout().capacity();
  }

  /** Number of deltas over the base. */
  public int depth() {
    return deltas.size();
  }

  /** All disks, base first. */
  public List<ChainLayer> layers() {
    List<ChainLayer> layers = new java.util.ArrayList<>();
    layers.add(
        new ChainLayer(
            base.descriptor(),
            base.extent(),
            null,
            0,
            base.capacity(),
            base.cid(),
            ContentId.NONE));
    for (DeltaDisk delta : deltas) {
      layers.add(
          new ChainLayer(
              delta.files().descriptor(),
              delta.files().extent(),
              delta.files().index(),
              delta.layout().dataOffset(),
              delta.layout().capacity(),
              delta.cid(),
              delta.parentCid()));
    }
    return layers;
  }

  /** Opens the content of all layers for reading; nobody may write the topmost one meanwhile. */
  public ChainContent content(VmStorage storage, View view) throws IOException {
    return ChainContent.open(storage, this, view);
  }

  /** By which of a delta's two indexes to read. */
  public enum View {
    /** As QEMU does. */
    INDEX,
    /** As VMware's programs do: complete only where the delta is sealed. */
    TABLES
  }
}
