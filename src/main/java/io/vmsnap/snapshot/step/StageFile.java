package io.vmsnap.snapshot.step;

import io.vmsnap.storage.FileNames;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import java.io.IOException;

/** Writes a file that only the operation itself uses. */
public record StageFile(VmStorage storage, String file, byte[] content) implements ReversibleStep {
  @Override
  public String description() {
    return "write " + file;
  }

  @Override
  public void apply() throws IOException {
    WholeFile.replace(storage, file, content);
  }

  @Override
  public void undo() throws IOException {
    storage.delete(file);
    storage.syncDirectory(FileNames.folderOf(file));
  }
}
