package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import java.io.IOException;
import java.nio.file.Path;

/** Fills the directory of a new volume before anybody sees it: what a storage class promises. */
@FunctionalInterface
public interface VolumeSeeder {
  /** Leaves the volume empty. */
  VolumeSeeder EMPTY = (directory, claim) -> {};

  /**
   * @param directory exists and is empty; it becomes the volume when this returns
   * @throws IOException if the volume cannot be filled: provisioning is tried again later, with an
   *     event on the claim that has this message
   */
  void seed(Path directory, PersistentVolumeClaim claim) throws IOException;
}
