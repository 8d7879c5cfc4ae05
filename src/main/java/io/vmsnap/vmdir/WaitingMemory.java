package io.vmsnap.vmdir;

import io.vmsnap.storage.VmStorage;
import java.io.IOException;

/** The file that {@link VmxFile#RESUME_FROM} names: the memory from which a machine goes on. */
public final class WaitingMemory {
  private WaitingMemory() {}

  /**
   * Whether nobody needs the file once the machine has gone on or was reverted: that of a suspended
   * machine, and that of a snapshot which was deleted after the machine was reverted to it. Without
   * a history nothing is known of snapshots, and theirs stay.
   *
   * @param name the machine's
   * @param file what its configuration named
   */
  public static boolean isOfNoSnapshot(VmStorage storage, String name, String file)
      throws IOException {
    if (!storage.exists(name + ".vmsd")) {
      return file.equals(name + ".vmss");
    }
    return VmDirectory.readVmsd(storage, name).snapshots().stream()
        .noneMatch(snapshot -> snapshot.stateFile().equals(file));
  }
}
