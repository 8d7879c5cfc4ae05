package io.vmsnap.runner;

import io.vmsnap.hypervisor.commandline.MachineSockets;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What exists only while the machine runs: its sockets, in {@value #FOLDER}. */
final class RunFolder {
  static final String FOLDER = ".vmsnap/run";
  private static final String RUNNER_MONITOR = "qmp-runner";
  private static final String JOB_MONITOR = "qmp-job";
  private static final String GUEST_AGENT = "qga";

  private static final Pattern OF_A_CANDIDATE = Pattern.compile("[a-z-]+-\\d+\\.sock");

  private RunFolder() {}

  /** Closed to all but the pods' user: whoever reaches a monitor there has the machine. */
  static void create(VmStorage storage) throws IOException {
    storage.createFolder(".vmsnap");
    storage.createFolder(FOLDER);
    Files.setPosixFilePermissions(
        storage.path(FOLDER), PosixFilePermissions.fromString("rwx------"));
  }

  /**
   * Relative, since QEMU works in the VM directory and socket paths are short.
   *
   * @param number of the machine in this runner's life: two may be up at once
   */
  static MachineSockets sockets(int number) {
    Path folder = Path.of(FOLDER);
    return new MachineSockets(
        folder.resolve(runnerMonitor(number)),
        folder.resolve(name(JOB_MONITOR, number)),
        folder.resolve(name(GUEST_AGENT, number)));
  }

  static String runnerMonitor(int number) {
    return name(RUNNER_MONITOR, number);
  }

  private static String name(String socket, int number) {
    return socket + (number == 0 ? "" : "-" + number) + ".sock";
  }

  /** Gives the machine's sockets the names under which jobs look for them. */
  static void takeOver(VmStorage storage, int number) throws IOException {
    if (number == 0) {
      return;
    }
    Path folder = storage.path(FOLDER);
    for (String socket : List.of(RUNNER_MONITOR, JOB_MONITOR, GUEST_AGENT)) {
      // A socket keeps its listener under a new name.
      Files.move(
          folder.resolve(name(socket, number)),
          folder.resolve(name(socket, 0)),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Removes the sockets of machines that were made ready and did not take over. */
  static void forget(VmStorage storage) throws IOException {
    try (Stream<Path> files = Files.list(storage.path(FOLDER))) {
      for (Path file : files.toList()) {
        if (OF_A_CANDIDATE.matcher(file.getFileName().toString()).matches()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  static Path runnerMonitor(VmStorage storage) {
    return storage.path(FOLDER).resolve(name(RUNNER_MONITOR, 0));
  }

  static Path guestAgent(VmStorage storage) {
    return storage.path(FOLDER).resolve(name(GUEST_AGENT, 0));
  }
}
