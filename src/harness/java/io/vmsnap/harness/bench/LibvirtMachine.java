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
 * The same guest under libvirt, with an internal snapshot in qcow2: what {@code virsh
 * snapshot-create} makes of a machine with memory. In libvirt's session mode, which needs no
 * privileges; root becomes another user for it, since its own session would be the system's.
 */
final class LibvirtMachine implements AutoCloseable {
  private static final String NAME = "bench";
  private static final String NOBODY = "65534";

  private final Path folder;

  private LibvirtMachine(Path folder) {
    this.folder = folder;
  }

  /**
   * Starts it and takes its snapshot.
   *
   * @param folder new, with a short path: libvirt puts sockets deep below it
   * @throws IOException with the words of the program that failed; libvirt may not run here
   */
  static LibvirtMachine start(Path folder, long ramMebibytes)
      throws IOException, InterruptedException {
    LibvirtMachine machine = boot(folder, ramMebibytes, FillingGuest::write);
    try {
      machine.virsh("snapshot-create-as", NAME, "s1");
      return machine;
    } catch (IOException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  /** Writes the disk of a guest with so many bytes of RAM. */
  @FunctionalInterface
  interface GuestDisk {
    void write(Path disk, long ramBytes) throws IOException;
  }

  /** Starts a guest and waits until it has filled its RAM. */
  static LibvirtMachine boot(Path folder, long ramMebibytes, GuestDisk guest)
      throws IOException, InterruptedException {
    if (Tool.find("virsh") == null) {
      throw new IOException("virsh is not installed");
    }
    Path raw = folder.resolve("virsh.raw");
    guest.write(raw, ramMebibytes << 20);
    Tool.of("qemu-img", "convert", "-q", "-O", "qcow2", "virsh.raw", "virsh.qcow2")
        .in(folder)
        .output();
    for (String sub : List.of("run", "cfg", "cache")) {
      Files.createDirectories(folder.resolve(sub));
    }
    Files.writeString(folder.resolve("domain.xml"), domain(folder, ramMebibytes));
    Tool.of("chmod", "700", folder.resolve("run").toString()).output();
    if (isRoot()) {
      Tool.of("chown", "-R", NOBODY + ":" + NOBODY, folder.toString()).output();
    }
    LibvirtMachine machine = new LibvirtMachine(folder);
    machine.virsh("create", folder.resolve("domain.xml").toString());
    try {
      RunnerMachine.awaitText(machine.console(), FillingGuest.DONE);
      return machine;
    } catch (IOException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  /** What the guest prints. */
  Path console() {
    return folder.resolve("serial");
  }

  /**
   * Memory to a file of its own while the guest goes on, and the disk to an overlay.
   *
   * @return milliseconds of the whole command
   */
  double saveMemory(int number) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    virsh(
        "snapshot-create-as",
        NAME,
        "m" + number,
        "--live",
        "--no-metadata",
        "--memspec",
        "file=" + folder.resolve("m" + number + ".mem") + ",snapshot=external",
        "--diskspec",
        "vda,snapshot=external,file=" + folder.resolve("m" + number + ".qcow2"));
    double milliseconds = (System.nanoTime() - begin) / 1e6;
    Files.delete(folder.resolve("m" + number + ".mem"));
    return milliseconds;
  }

  /** Milliseconds of the whole command. */
  double revert() throws IOException, InterruptedException {
    long begin = System.nanoTime();
    virsh("snapshot-revert", NAME, "s1");
    double milliseconds = (System.nanoTime() - begin) / 1e6;
    if (!virsh("domstate", NAME).strip().equals("running")) {
      throw new IOException("the domain does not run after snapshot-revert");
    }
    return milliseconds;
  }

  private String virsh(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
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

  private static String domain(Path folder, long ramMebibytes) {
    return """
        <domain type='qemu'>
          <name>%s</name><memory unit='MiB'>%d</memory><vcpu>1</vcpu>
          <os><type arch='x86_64' machine='q35'>hvm</type></os>
          <features><acpi/></features>
          <cpu mode='custom'><model>qemu64</model></cpu>
          <devices>
            <disk type='file' device='disk'>
              <driver name='qemu' type='qcow2'/><source file='%s'/>
              <target dev='vda' bus='virtio'/>
            </disk>
            <serial type='file'><source path='%s'/></serial>
            <memballoon model='none'/>
          </devices>
        </domain>
        """
        .formatted(NAME, ramMebibytes, folder.resolve("virsh.qcow2"), folder.resolve("serial"));
  }

  @Override
  public void close() throws IOException, InterruptedException {
    virsh("destroy", NAME);
    // The session's daemon would stay for two minutes and write below the folder.
    Path pid = folder.resolve("run/libvirt/libvirtd.pid");
    if (Files.exists(pid)) {
      ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
          .filter(ProcessHandle::destroy)
          .ifPresent(daemon -> daemon.onExit().join());
    }
  }
}
