package io.vmsnap.harness.cluster;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.harness.node.VolumeSeeder;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Volumes of class {@code guest-image}: the demo guest's kernel, initrd and data disk. The guest is
 * built when the first volume asks for it.
 */
final class GuestImageSeeder implements VolumeSeeder {
  @Override
  public void seed(Path directory, PersistentVolumeClaim claim) throws IOException {
    try {
      GuestImage guest = GuestImage.get();
      for (Path file : new Path[] {guest.kernel(), guest.initrd(), guest.data()}) {
        copy(file, directory);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the guest was built", e);
    }
  }

  /** Keeps holes, and shares blocks where the file system can: the disk is mostly empty. */
  private static void copy(Path file, Path directory) throws IOException, InterruptedException {
    Process cp =
        new ProcessBuilder(
                "cp", "--sparse=always", "--reflink=auto", file.toString(), directory.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(cp.getInputStream().readAllBytes());
    if (cp.waitFor() != 0) {
      throw new IOException("cannot copy " + file + " to " + directory + ": " + output.strip());
    }
  }
}
