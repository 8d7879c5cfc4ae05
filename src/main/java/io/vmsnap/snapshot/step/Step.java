package io.vmsnap.snapshot.step;

import java.io.IOException;

/** One effect on the VM directory. Applying it again, after a crash at any point, is harmless. */
public interface Step {
  /** For progress and messages: what it does, to which file. */
  String description();

  void apply() throws IOException;
}
