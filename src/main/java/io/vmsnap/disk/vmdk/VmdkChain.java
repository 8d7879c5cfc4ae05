package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A VMDK with its parents, found through the descriptors' hints and proven by their CIDs. */
public final class VmdkChain {
  /** Far beyond VMware's 32 snapshots. */
  private static final int MAX_LAYERS = 256;

  private VmdkChain() {}

  /** The whole disk; closing it closes every layer. */
  public static LayeredDisk open(VmStorage storage, String name) throws IOException {
    List<VmdkLayer> layers = new ArrayList<>();
    try {
      for (String file : names(storage, name)) {
        layers.add(VmdkLayer.open(storage, file));
      }
      return new LayeredDisk(layers);
    } catch (IOException | RuntimeException e) {
      for (VmdkLayer layer : layers) {
        layer.close();
      }
      throw e;
    }
  }

  /** File names of the descriptors, the named one first, the base last. */
  public static List<String> names(VmStorage storage, String name) throws IOException {
    Set<String> names = new LinkedHashSet<>();
    String current = name;
    ContentId expected = null;
    String child = null;
    while (true) {
      if (!names.add(current)) {
        throw CorruptDiskException.in(current, "is its own ancestor: " + String.join(" > ", names));
      }
      if (names.size() > MAX_LAYERS) {
        throw CorruptDiskException.in(name, "has more than " + MAX_LAYERS + " ancestors");
      }
      DiskDescriptor descriptor = VmdkLayer.readDescriptor(storage, current);
      if (expected != null && !descriptor.cid().equals(expected)) {
        throw CorruptDiskException.in(
            child,
            "parentCID is "
                + expected
                + " but "
                + current
                + " has CID "
                + descriptor.cid()
                + ": the parent was changed after the child was made");
      }
      Optional<String> hint = descriptor.parentFileNameHint();
      if (descriptor.parentCid().equals(ContentId.NONE)) {
        return List.copyOf(names);
      }
      if (hint.isEmpty()) {
        throw CorruptDiskException.in(
            current,
            "parentCID is " + descriptor.parentCid() + " but parentFileNameHint is missing");
      }
      expected = descriptor.parentCid();
      child = current;
      current = DiskPath.of(storage, current, hint.get());
      if (!storage.exists(current)) {
        throw CorruptDiskException.in(child, "parentFileNameHint: " + current + " does not exist");
      }
    }
  }
}
