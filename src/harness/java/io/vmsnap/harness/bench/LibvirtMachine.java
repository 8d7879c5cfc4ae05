package io.vmsnap.harness.bench;

import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The same guest under libvirt, with an internal snapshot in qcow2: what {@code virsh
 * snapshot-create} makes of a machine with memory.
 */
final class LibvirtMachine implements AutoCloseable {
  private static final String NAME = "bench";

  private final Path folder;
  private final LibvirtSession session;

  private LibvirtMachine(Path folder, LibvirtSession session) {
    this.folder = folder;
    this.session = session;
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
    Path raw = folder.resolve("virsh.raw");
    guest.write(raw, ramMebibytes << 20);
    Tool.of("qemu-img", "convert", "-q", "-O", "qcow2", "virsh.raw", "virsh.qcow2")
        .in(folder)
        .output();
    Files.writeString(folder.resolve("domain.xml"), domain(folder, ramMebibytes));
    // A guest that changes its RAM faster than it is saved would fill the volume.
    long largestFile = 3 * (ramMebibytes << 20) + (256 << 20);
    LibvirtMachine machine = new LibvirtMachine(folder, LibvirtSession.open(folder, largestFile));
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
    Path memory = folder.resolve("m" + number + ".mem");
    long begin = System.nanoTime();
    try {
      virsh(
          "snapshot-create-as",
          NAME,
          "m" + number,
          "--live",
          "--no-metadata",
          "--memspec",
          "file=" + memory + ",snapshot=external",
          "--diskspec",
          "vda,snapshot=external,file=" + folder.resolve("m" + number + ".qcow2"));
      return (System.nanoTime() - begin) / 1e6;
    } finally {
      Files.deleteIfExists(memory);
    }
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
    return session.virsh(arguments);
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
    session.close();
  }
}
