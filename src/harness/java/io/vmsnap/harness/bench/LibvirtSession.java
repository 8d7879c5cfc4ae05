package io.vmsnap.harness.bench;

import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code virsh} in libvirt's session mode, which needs no privileges; root becomes another user for
 * it, since its own session would be the system's.
 *
 * @param folder for its sockets and caches, with a short path: libvirt puts sockets deep below it
 * @param largestFile bytes that no file of the session may exceed; 0 for any size
 */
record LibvirtSession(Path folder, long largestFile) implements AutoCloseable {
  private static final String NOBODY = "65534";

  /**
   * @throws IOException with the reason; libvirt may not be there
   */
  static LibvirtSession open(Path folder, long largestFile)
      throws IOException, InterruptedException {
    if (Tool.find("virsh") == null) {
      throw new IOException("virsh is not installed");
    }
    for (String sub : List.of("run", "cfg", "cache")) {
      Files.createDirectories(folder.resolve(sub));
    }
    Tool.of("chmod", "700", folder.resolve("run").toString()).output();
    LibvirtSession session = new LibvirtSession(folder, largestFile);
    session.giveFile(folder);
    return session;
  }

  /** Lets libvirt's QEMU open a file, or all files of a folder. */
  void giveFile(Path path) throws IOException, InterruptedException {
    if (isRoot()) {
      Tool.of("chown", "-R", NOBODY + ":" + NOBODY, path.toString()).output();
    }
  }

  /** The output of a command that has to succeed. */
  String virsh(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (largestFile > 0) {
      // The session's daemon is started by virsh and inherits it.
      command.addAll(List.of("prlimit", "--fsize=" + largestFile, "--"));
    }
    if (isRoot()) {
      command.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY));
      command.add("--clear-groups");
    }
    command.addAll(List.of("virsh", "-q", "-c", "qemu:///session"));
    command.addAll(List.of(arguments));
    return Tool.of(command)
        .with(
            Map.of(
                "HOME", folder.toString(),
                "XDG_RUNTIME_DIR", folder.resolve("run").toString(),
                "XDG_CONFIG_HOME", folder.resolve("cfg").toString(),
                "XDG_CACHE_HOME", folder.resolve("cache").toString()))
        .within(Duration.ofMinutes(5))
        .output();
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** Ends the session's daemon, which would stay for two minutes and write below the folder. */
  @Override
  public void close() throws IOException {
    Path pid = folder.resolve("run/libvirt/libvirtd.pid");
    if (Files.exists(pid)) {
      ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
          .filter(ProcessHandle::destroy)
          .ifPresent(daemon -> daemon.onExit().join());
    }
  }
}
