package io.vmsnap.snapshot.step;

import java.io.IOException;

/** A step that can be taken back, however far it came. */
public interface ReversibleStep extends Step {
  /** Leaves nothing of the step; harmless if it was never applied, or undone before. */
  void undo() throws IOException;
}
