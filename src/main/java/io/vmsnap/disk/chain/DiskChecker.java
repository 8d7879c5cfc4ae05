package io.vmsnap.disk.chain;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.chain.Finding.Kind;
import io.vmsnap.disk.chain.Finding.Remedy;
import io.vmsnap.disk.chain.Finding.Severity;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.vmdk.ContentId;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.UnsafeNameException;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Examines a chain from one descriptor down and goes on after a finding as far as it can. Changes
 * nothing; {@link ChainRepair} does what the findings' remedies say.
 */
public final class DiskChecker {
  private final VmStorage storage;
  private final List<Finding> findings = new ArrayList<>();

  private DiskChecker(VmStorage storage) {
    this.storage = storage;
  }

  /**
   * Checks all disks of a chain; no machine may be writing it.
   *
   * @return what was found, from the top of the chain down; empty if all is sound and sealed
   * @throws IOException if the directory cannot be read
   */
  public static List<Finding> check(VmStorage storage, String descriptor) throws IOException {
    DiskChecker checker = new DiskChecker(storage);
    checker.walk(descriptor);
    return List.copyOf(checker.findings);
  }

  private void walk(String top) throws IOException {
    Set<String> seen = new HashSet<>();
    DiskDescriptor child = null;
    String name = top;
    while (name != null) {
      if (!seen.add(name) || seen.size() > DiskChain.MAX_DISKS) {
        error(Kind.CHAIN, name, name + ": the chain of parents is a loop or too long");
        return;
      }
      DiskDescriptor disk = descriptor(name, child == null ? name : child.fileName());
      if (disk == null) {
        return;
      }
      if (child != null) {
        link(child, disk);
      }
      name = examine(disk).orElse(null);
      child = disk;
    }
  }

  /** Returns the parent's descriptor. */
  private Optional<String> examine(DiskDescriptor disk) throws IOException {
    Optional<String> parent = disk.parentFileNameHint();
    if (parent.isPresent()) {
      try {
        findings.addAll(DeltaCheck.run(storage, DeltaDisk.describedBy(disk)));
      } catch (DiskException e) {
        error(Kind.DESCRIPTOR, e.file(), e.getMessage());
      }
      return parent;
    }
    if (!disk.parentCid().equals(ContentId.NONE)) {
      error(
          Kind.CHAIN,
          disk.fileName(),
          disk.fileName() + ": has parentCID " + disk.parentCid() + " but no parentFileNameHint");
      return parent;
    }
    try {
      BaseDisk.open(storage, disk);
    } catch (NoSuchFileException e) {
      error(
          Kind.MISSING_FILE,
          disk.fileName(),
          disk.fileName() + ": its extent " + e.getFile() + " is missing");
    } catch (DiskException e) {
      error(Kind.EXTENT, e.file(), e.getMessage());
    }
    return parent;
  }

  private DiskDescriptor descriptor(String name, String namedBy) throws IOException {
    try {
      return DiskDescriptor.read(storage, name);
    } catch (UnsafeNameException e) {
      error(Kind.DESCRIPTOR, namedBy, namedBy + ": parentFileNameHint: " + e.getMessage());
    } catch (NoSuchFileException e) {
      error(Kind.MISSING_FILE, name, name + ": is missing");
    } catch (DiskException e) {
      error(Kind.DESCRIPTOR, name, e.getMessage());
    }
    return null;
  }

  private void link(DiskDescriptor child, DiskDescriptor parent) {
    if (!child.parentCid().equals(parent.cid())) {
      error(
          Kind.CONTENT_ID,
          child.fileName(),
          child.fileName()
              + ": parentCID is "
              + child.parentCid()
              + ", but the CID of "
              + parent.fileName()
              + " is "
              + parent.cid()
              + ": the parent was written since the snapshot, or replaced");
    }
    if (child.capacity() < parent.capacity()) {
      error(
          Kind.CAPACITY,
          child.fileName(),
          child.fileName()
              + ": has "
              + child.capacity()
              + " bytes, fewer than its parent "
              + parent.fileName()
              + " with "
              + parent.capacity());
    }
  }

  private void error(Kind kind, String file, String message) {
    findings.add(new Finding(Severity.ERROR, kind, file, message, Remedy.NONE));
  }
}
