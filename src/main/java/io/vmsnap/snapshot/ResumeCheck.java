package io.vmsnap.snapshot;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmxFile;
import io.vmsnap.vmdir.memory.DamagedMemoryException;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.IOException;
import java.util.Optional;

/** Whether a machine that is to go on from saved memory can. */
final class ResumeCheck {
  private ResumeCheck() {}

  /** Reads all of the memory of a suspended machine; a snapshot's is read with the snapshot. */
  static Optional<DirectoryFinding> check(VmDirectory directory) throws IOException {
    Optional<String> file = directory.vmx().get(VmxFile.RESUME_FROM);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    VmStorage storage = directory.storage();
    if (!storage.exists(file.get())) {
      return Optional.of(finding(directory, file.get(), "is missing"));
    }
    try {
      VmsnFile state = VmsnFile.read(storage, file.get());
      if (state.memory() == null) {
        return Optional.of(finding(directory, file.get(), "holds no memory"));
      }
      if (file.get().equals(SuspendPlan.file(directory.name()))) {
        MemoryFile.checkAll(storage, file.get(), state.memory(), bytes -> {});
      }
      return Optional.empty();
    } catch (DamagedFileException | DamagedMemoryException e) {
      return Optional.of(finding(directory, file.get(), e.getMessage()));
    }
  }

  private static DirectoryFinding finding(VmDirectory directory, String file, String message) {
    return DirectoryFinding.error(
        file,
        message + "; the machine is to go on from it",
        "restore the file from a backup, or take the line "
            + VmxFile.RESUME_FROM
            + " out of "
            + directory.vmx().file()
            + ": the machine boots as after a power cut then");
  }
}
