package io.vmsnap.snapshot.step;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.security.SecureRandom;

/**
 * Makes an empty delta over a disk: descriptor, extent and index, all durable.
 *
 * @param parent descriptor of the disk below
 * @param delta descriptor of the new disk; the plan chose a name that no file had
 */
public record CreateDelta(VmStorage storage, String parent, String delta)
    implements ReversibleStep {
  @Override
  public String description() {
    return "create " + delta;
  }

  @Override
  public void apply() throws IOException {
    undo(); // what an attempt that was cut off left
    DeltaDisk.create(storage, parent, delta, new SecureRandom());
  }

  @Override
  public void undo() throws IOException {
    DeltaDisk.delete(storage, delta);
  }
}
