package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir Path directory;

  private List<String> files() throws Exception {
    try (Stream<Path> files = Files.list(directory.resolve(RunFolder.FOLDER))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void touch(Path file) throws Exception {
    Files.writeString(directory.resolve(file), file.toString());
  }

  /** QEMU makes its sockets there with modes of its own. */
  @Test
  void folderIsClosedToOthers() throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      RunFolder.create(storage);
      assertThat(PosixFilePermissions.toString(permissions())).isEqualTo("rwx------");
      Files.setPosixFilePermissions(
          directory.resolve(RunFolder.FOLDER), PosixFilePermissions.fromString("rwxr-xr-x"));

      RunFolder.create(storage);

      assertThat(PosixFilePermissions.toString(permissions())).isEqualTo("rwx------");
    }
  }

  private Set<PosixFilePermission> permissions() throws Exception {
    return Files.getPosixFilePermissions(directory.resolve(RunFolder.FOLDER));
  }

  @Test
  void socketsOfWhoDidNotTakeOverAreRemovedAndNoOthers() throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      RunFolder.create(storage);
      for (int machine : List.of(0, 1, 23)) {
        touch(RunFolder.sockets(machine).runnerMonitor());
        touch(RunFolder.sockets(machine).jobMonitor());
        touch(RunFolder.sockets(machine).guestAgent());
      }
      touch(Path.of(RunFolder.FOLDER, "runner.sock"));

      RunFolder.takeOver(storage, 1);
      RunFolder.forget(storage);

      assertThat(files())
          .containsExactly("qga.sock", "qmp-job.sock", "qmp-runner.sock", "runner.sock");
      assertThat(Files.readString(RunFolder.runnerMonitor(storage))).endsWith("qmp-runner-1.sock");
    }
  }
}
