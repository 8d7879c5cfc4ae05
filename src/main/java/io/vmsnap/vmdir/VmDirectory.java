package io.vmsnap.vmdir;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A VM directory as it is on disk at one moment: configuration, history and the chains of its
 * disks, read and found to fit together.
 */
public final class VmDirectory {
  private static final String VMX = ".vmx";

  private final VmStorage storage;
  private final String name;
  private final VmxFile vmx;
  private final VmsdFile vmsd;
  private final List<VmDisk> disks;

  private VmDirectory(
      VmStorage storage, String name, VmxFile vmx, VmsdFile vmsd, List<VmDisk> disks) {
    this.storage = storage;
    this.name = name;
    this.vmx = vmx;
    this.vmsd = vmsd;
    this.disks = List.copyOf(disks);
  }

  /**
   * Reads the directory of the one machine that it holds.
   *
   * @throws DamagedFileException if there is not exactly one {@code .vmx}, or a file of the machine
   *     is missing, damaged, too new or does not fit the others; the message names it
   * @throws io.vmsnap.disk.DiskException if a disk descriptor is
   */
  public static VmDirectory open(VmStorage storage) throws IOException {
    DirectoryFormat.check(storage);
    String name = findName(storage);
    return open(storage, name, readVmx(storage, name));
  }

  /** The directory as it would be with another configuration. */
  public static VmDirectory open(VmStorage storage, String name, VmxFile vmx) throws IOException {
    VmsdFile vmsd = readVmsd(storage, name);
    List<VmDisk> disks = new ArrayList<>();
    for (VmxDisk disk : vmx.disks()) {
      disks.add(
          new VmDisk(
              disk.address(),
              disk.name(),
              disk.isIndependent(),
              DescriptorChain.of(storage, disk.fileName())));
    }
    return new VmDirectory(storage, name, vmx, vmsd, disks);
  }

  /**
   * The stem of the one {@code .vmx}.
   *
   * @throws DamagedFileException if there is not exactly one
   */
  public static String findName(VmStorage storage) throws IOException {
    List<String> found = storage.list("").stream().filter(f -> f.endsWith(VMX)).toList();
    if (found.size() != 1) {
      throw new DamagedFileException(
          storage.path("").toString(),
          found.isEmpty()
              ? "holds no .vmx file, so it is no VM directory"
              : "holds several .vmx files (" + String.join(", ", found) + "); one is expected");
    }
    String file = found.getFirst();
    return file.substring(0, file.length() - VMX.length());
  }

  /** Reads the configuration of the machine with that name. */
  public static VmxFile readVmx(VmStorage storage, String name) throws IOException {
    String file = name + VMX;
    return VmxFile.parse(file, WholeFile.read(storage, file, ConfigDictionary.MAX_BYTES));
  }

  /** Reads the history; a missing file is an empty one, as with VMware. */
  public static VmsdFile readVmsd(VmStorage storage, String name) throws IOException {
    String file = name + ".vmsd";
    return storage.exists(file)
        ? VmsdFile.parse(file, WholeFile.read(storage, file, ConfigDictionary.MAX_BYTES))
        : VmsdFile.empty(file);
  }

  public VmStorage storage() {
    return storage;
  }

  /** Stem of the {@code .vmx}. */
  public String name() {
    return name;
  }

  public VmxFile vmx() {
    return vmx;
  }

  public VmsdFile vmsd() {
    return vmsd;
  }

  /** In the order of their addresses. */
  public List<VmDisk> disks() {
    return disks;
  }
}
