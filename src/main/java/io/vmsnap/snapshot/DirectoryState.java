package io.vmsnap.snapshot;

import io.vmsnap.storage.VolumeSpace;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxFile;
import java.util.List;
import java.util.Set;

/**
 * A VM directory as planners see it; they read nothing themselves.
 *
 * @param vmName stem of the {@code .vmx}, and of the files of new snapshots
 * @param files names of the files in the directory
 * @param indexes names of the files in {@code .vmsnap}
 */
public record DirectoryState(
    String vmName,
    VmxFile vmx,
    VmsdFile vmsd,
    List<DiskState> disks,
    Set<String> files,
    Set<String> indexes,
    VolumeSpace space) {}
