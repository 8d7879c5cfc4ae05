package io.vmsnap.snapshot.step;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import java.io.IOException;

/** Gives a file its new content, atomically and durably. */
public record ReplaceFile(VmStorage storage, String file, byte[] content) implements Step {
  @Override
  public String description() {
    return "write " + file;
  }

  @Override
  public void apply() throws IOException {
    WholeFile.replace(storage, file, content);
  }
}
