package io.vmsnap.disk.chain;

import io.vmsnap.disk.chain.Finding.Remedy;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.IndexRebuild;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.disk.delta.TableRebuild;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Does what is safe: makes one of a delta's two indexes from the other. */
public final class ChainRepair {
  private ChainRepair() {}

  /**
   * Mends one delta as the findings about it say. No machine may have it open.
   *
   * @param descriptor the delta's
   * @param frozen whether it has children and so is read-only, which it will be again
   * @param findings what {@link DiskChecker} said; those about other disks are ignored
   * @return what was done; empty if nothing could be
   */
  public static Optional<Remedy> repair(
      VmStorage storage, String descriptor, boolean frozen, List<Finding> findings)
      throws IOException {
    DeltaDisk delta = DeltaDisk.describedBy(DiskDescriptor.read(storage, descriptor));
    Set<Remedy> remedies = EnumSet.noneOf(Remedy.class);
    findings.stream()
        .filter(f -> delta.files().all().contains(f.file()))
        .forEach(f -> remedies.add(f.remedy()));
    if (frozen && !remedies.isEmpty()) {
      storage.setReadOnly(delta.files().extent(), false);
    }
    try {
      return apply(storage, delta, remedies);
    } finally {
      if (frozen) {
        storage.setReadOnly(delta.files().extent(), true);
      }
    }
  }

  private static Optional<Remedy> apply(VmStorage storage, DeltaDisk delta, Set<Remedy> remedies)
      throws IOException {
    if (remedies.contains(Remedy.REBUILD_INDEX)) {
      IndexRebuild.run(storage, delta);
      return Optional.of(Remedy.REBUILD_INDEX);
    }
    if (remedies.contains(Remedy.REBUILD_TABLES)) {
      TableRebuild.run(storage, delta);
      return Optional.of(Remedy.REBUILD_TABLES);
    }
    if (remedies.contains(Remedy.SEAL)) {
      Seal.run(storage, delta);
      return Optional.of(Remedy.SEAL);
    }
    return Optional.empty();
  }
}
