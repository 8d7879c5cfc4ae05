package io.vmsnap.snapshot.step;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;

/**
 * Marks a new delta as written by the hypervisor, before that opens it: after a crash nobody may
 * take its tables for complete.
 *
 * @param delta its descriptor
 */
public record MarkIndexAhead(VmStorage storage, String delta) implements ReversibleStep {
  @Override
  public String description() {
    return "mark " + delta;
  }

  @Override
  public void apply() throws IOException {
    DeltaDisk.open(storage, delta).markIndexAhead(storage);
  }

  /** The mark goes with the delta. */
  @Override
  public void undo() {}
}
