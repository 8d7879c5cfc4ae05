package io.vmsnap.runner;

import io.vmsnap.hypervisor.commandline.MachineSockets;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.file.Path;

/** What exists only while the machine runs: its sockets, in {@value #FOLDER}. */
final class RunFolder {
  static final String FOLDER = ".vmsnap/run";
  static final String RUNNER_MONITOR = FOLDER + "/qmp-runner.sock";
  static final String JOB_MONITOR = FOLDER + "/qmp-job.sock";
  static final String GUEST_AGENT = FOLDER + "/qga.sock";

  private RunFolder() {}

  static void create(VmStorage storage) throws IOException {
    storage.createFolder(".vmsnap");
    storage.createFolder(FOLDER);
  }

  /** Relative, since QEMU works in the VM directory and socket paths are short. */
  static MachineSockets sockets() {
    return new MachineSockets(Path.of(RUNNER_MONITOR), Path.of(JOB_MONITOR), Path.of(GUEST_AGENT));
  }

  static Path runnerMonitor(VmStorage storage) {
    return storage.path("").resolve(RUNNER_MONITOR);
  }

  static Path guestAgent(VmStorage storage) {
    return storage.path("").resolve(GUEST_AGENT);
  }
}
