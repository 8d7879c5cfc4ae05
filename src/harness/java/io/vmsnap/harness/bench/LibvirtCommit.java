package io.vmsnap.harness.bench;

import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code virsh snapshot-delete} of a disk's only external snapshot: libvirt commits the overlay
 * into the base below a machine that is on. The machine is paused, so that its guest takes no time
 * from the commit.
 */
final class LibvirtCommit implements AutoCloseable {
  private static final String NAME = "commit";
  private static final String SNAPSHOT = "s1";

  private final LibvirtSession session;

  private LibvirtCommit(LibvirtSession session) {
    this.session = session;
  }

  /**
   * @param folder new, with a short path
   * @throws IOException with the words of the program that failed; libvirt may not run here
   */
  static LibvirtCommit open(Path folder) throws IOException, InterruptedException {
    return new LibvirtCommit(LibvirtSession.open(folder, 0));
  }

  /**
   * Commits an overlay to the base.
   *
   * @param base raw
   * @param content overlay with what is to be committed; a copy of it is
   * @return milliseconds until the command had ended and the base was on the volume
   */
  double commit(Path base, Path content) throws IOException, InterruptedException {
    Path overlay = base.resolveSibling("virsh.qcow2");
    Path domain = session.folder().resolve("domain.xml");
    Files.writeString(domain, domain(base));
    session.giveFile(base.getParent());
    session.virsh("define", domain.toString());
    try {
      session.virsh(
          "snapshot-create-as",
          NAME,
          SNAPSHOT,
          "--disk-only",
          "--diskspec",
          "vda,snapshot=external,file=" + overlay);
      Tool.of("cp", "--reflink=auto", content.toString(), overlay.toString()).output();
      session.virsh("start", "--paused", NAME);
      Tool.of("sync", "-f", base.toString()).output();
      long begin = System.nanoTime();
      session.virsh("snapshot-delete", NAME, SNAPSHOT);
      Tool.of("sync", base.toString()).output();
      double milliseconds = (System.nanoTime() - begin) / 1e6;
      session.virsh("destroy", NAME);
      return milliseconds;
    } finally {
      session.virsh("undefine", NAME, "--snapshots-metadata");
      Files.deleteIfExists(overlay);
    }
  }

  private static String domain(Path base) {
    return """
        <domain type='qemu'>
          <name>%s</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
          <os><type arch='x86_64' machine='q35'>hvm</type></os>
          <features><acpi/></features>
          <cpu mode='custom'><model>qemu64</model></cpu>
          <devices>
            <disk type='file' device='disk'>
              <driver name='qemu' type='raw' discard='unmap'/><source file='%s'/>
              <target dev='vda' bus='virtio'/>
            </disk>
            <memballoon model='none'/>
          </devices>
        </domain>
        """
        .formatted(NAME, base);
  }

  @Override
  public void close() throws IOException {
    session.close();
  }
}
