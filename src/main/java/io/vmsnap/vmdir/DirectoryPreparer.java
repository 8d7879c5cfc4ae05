package io.vmsnap.vmdir;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.VmDefinition;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Makes a directory hold the machine that a definition describes: configuration, history of 0
 * bytes, base disks. May be repeated, also after a crash; what fits is left alone, what contradicts
 * is refused, and no existing file is overwritten but {@code .vmx} and the descriptor of a disk
 * that grows. The caller holds the operation lock, and has recovered what an operation left.
 */
public final class DirectoryPreparer {
  /** Leaves room for {@code -000001-delta.vmdk~} in 255 bytes; begins with no dot and no dash. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,219}");

  private final VmStorage storage;
  private final VmDefinition definition;

  public DirectoryPreparer(VmStorage storage, VmDefinition definition) {
    this.storage = storage;
    this.definition = definition;
  }

  /**
   * @throws NotPreparableException if the definition cannot be met; the message says what to change
   * @throws DamagedFileException if a file of the machine is damaged
   */
  public VmDirectory prepare() throws IOException, NotPreparableException {
    checkDefinition();
    DirectoryFormat.check(storage);
    checkOwner();
    storage.createFolder(DirectoryFormat.FOLDER);
    if (!storage.exists(DirectoryFormat.FILE)) {
      DirectoryFormat.write(storage);
    }
    VmsdFile vmsd = VmDirectory.readVmsd(storage, definition.name());
    VmxFile old = existing().orElse(null);
    VmxFile vmx = old != null && isOverridden(old) ? old : defined(old, vmsd);
    if (old == null || !Arrays.equals(old.toBytes(), vmx.toBytes())) {
      WholeFile.replace(storage, vmx.file(), vmx.toBytes());
    }
    if (!storage.exists(vmsd.file())) {
      WholeFile.replace(storage, vmsd.file(), vmsd.toBytes());
    }
    return VmDirectory.open(storage);
  }

  /**
   * A revert brought back other hardware, and nothing else was asked for since; or memory waits to
   * be resumed, which fits only the hardware it was saved from.
   */
  private boolean isOverridden(VmxFile vmx) {
    return vmx.get(VmxFile.RESUME_FROM).isPresent()
        || vmx.get(VmxFile.OVERRIDDEN_DEFINITION)
            .equals(Optional.of(DefinitionDigest.of(definition)));
  }

  private VmxFile defined(VmxFile old, VmsdFile vmsd) throws IOException, NotPreparableException {
    VmxFile vmx = withDisks(old == null ? create() : withUuid(old), vmsd);
    return VmxHardware.apply(vmx, definition).withOverriddenDefinition(null);
  }

  private void checkDefinition() throws IOException, NotPreparableException {
    if (definition.name() == null || !NAME.matcher(definition.name()).matches()) {
      throw NotPreparableException.invalid(
          "name \"" + definition.name() + "\" cannot be the name of files");
    }
    List<VmDefinition.Disk> disks = disks();
    if (disks.size() > DiskAddress.MAX_DISKS) {
      throw NotPreparableException.invalid(
          disks.size() + " disks are defined; at most " + DiskAddress.MAX_DISKS + " are possible");
    }
    Set<String> names = new HashSet<>();
    for (VmDefinition.Disk disk : disks) {
      if (disk.name() == null || !names.add(disk.name())) {
        throw NotPreparableException.invalid("disk name \"" + disk.name() + "\" is given twice");
      }
    }
    VmDefinition.Boot boot = definition.boot();
    if (boot != null) {
      checkBootFile("boot.kernel", boot.kernel());
      checkBootFile("boot.initrd", boot.initrd());
    }
  }

  private void checkBootFile(String field, String file) throws IOException, NotPreparableException {
    if (file == null) {
      return;
    }
    if (!storage.exists(file)) {
      throw NotPreparableException.invalid(field + ": " + file + " is not in the VM directory");
    }
    storage.size(
        file); // refuses what is no regular file: QEMU would open a device, or wait at a FIFO
  }

  private void checkOwner() throws IOException, NotPreparableException {
    String own = definition.name() + ".vmx";
    for (String file : storage.list("")) {
      if (file.endsWith(".vmx") && !file.equals(own)) {
        throw NotPreparableException.invalid(
            "the directory belongs to another virtual machine ("
                + file
                + "); give this one a spec.directory.path of its own, or set spec.directory.adopt if"
                + " it is a directory of VMware's that is to become this machine");
      }
    }
  }

  private List<VmDefinition.Disk> disks() {
    return definition.disks() == null ? List.of() : definition.disks();
  }

  private Optional<VmxFile> existing() throws IOException {
    return storage.exists(definition.name() + ".vmx")
        ? Optional.of(VmDirectory.readVmx(storage, definition.name()))
        : Optional.empty();
  }

  private VmxFile create() throws NotPreparableException {
    return VmxFile.create(definition.name() + ".vmx", definition.name(), uuid());
  }

  /** VMware gives a machine its uuid when it first powers it on. */
  private VmxFile withUuid(VmxFile old) throws IOException, NotPreparableException {
    return old.uuid().isPresent() ? old : old.withUuid(uuid());
  }

  private UUID uuid() throws NotPreparableException {
    try {
      return UUID.fromString(definition.uuid());
    } catch (IllegalArgumentException | NullPointerException e) {
      throw NotPreparableException.invalid("uuid \"" + definition.uuid() + "\" is not a uuid");
    }
  }

  private VmxFile withDisks(VmxFile vmx, VmsdFile vmsd) throws IOException, NotPreparableException {
    VmxFile result = vmx;
    Set<DiskAddress> known = new HashSet<>();
    for (int position = 0; position < disks().size(); position++) {
      VmDefinition.Disk wanted = disks().get(position);
      Optional<VmxDisk> present = find(result, wanted.name(), position);
      if (present.isPresent()) {
        DiskAddress address = present.get().address();
        known.add(address);
        new ExistingDisk(storage, present.get(), vmsd).fit(wanted);
        result = result.withDisk(address, wanted.name(), present.get().fileName());
      } else {
        int free = freePosition(result, position);
        DiskAddress address = DiskAddress.ofPosition(free);
        known.add(address);
        String stem = free == 0 ? definition.name() : definition.name() + "_" + free;
        checkUnused(stem + ".vmdk", wanted, vmsd);
        new NewBaseDisk(storage, stem).create(wanted);
        result = result.withDisk(address, wanted.name(), stem + ".vmdk");
      }
    }
    for (VmxDisk disk : vmx.disks()) {
      if (!known.contains(disk.address())) {
        throw NotPreparableException.invalid(
            "disk "
                + (disk.name() == null ? disk.address() : disk.name())
                + " ("
                + disk.fileName()
                + ") is in the directory but not in the definition; disks cannot be taken away");
      }
    }
    return result;
  }

  /** Writing to a disk that a snapshot froze would change the snapshot. */
  private static void checkUnused(String descriptor, VmDefinition.Disk wanted, VmsdFile vmsd)
      throws NotPreparableException {
    for (SnapshotEntry snapshot : vmsd.snapshots()) {
      if (snapshot.disks().stream().anyMatch(d -> isLayerOf(d.fileName(), descriptor))) {
        throw NotPreparableException.invalid(
            "disk "
                + wanted.name()
                + ": the machine was reverted to a snapshot without it, and "
                + descriptor
                + " belongs to snapshot "
                + snapshot.uid()
                + " \""
                + snapshot.displayName()
                + "\"; revert to that one, or take the disk out of the definition");
      }
    }
  }

  private static boolean isLayerOf(String layer, String base) {
    return layer.replaceFirst("-\\d{6}\\.vmdk$", ".vmdk").equals(base);
  }

  /** By name; in a directory made elsewhere, where disks have no names, by place. */
  private static Optional<VmxDisk> find(VmxFile vmx, String name, int position) {
    Optional<VmxDisk> byName =
        vmx.disks().stream().filter(d -> Objects.equals(d.name(), name)).findFirst();
    if (byName.isPresent()) {
      return byName;
    }
    return position < vmx.disks().size() && vmx.disks().get(position).name() == null
        ? Optional.of(vmx.disks().get(position))
        : Optional.empty();
  }

  private static int freePosition(VmxFile vmx, int from) throws NotPreparableException {
    for (int i = 0; i < DiskAddress.MAX_DISKS; i++) {
      int position = (from + i) % DiskAddress.MAX_DISKS;
      DiskAddress address = DiskAddress.ofPosition(position);
      if (vmx.disks().stream().noneMatch(d -> d.address().equals(address))) {
        return position;
      }
    }
    throw NotPreparableException.invalid("no place is left for another disk");
  }
}
