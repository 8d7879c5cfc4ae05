package io.vmsnap.snapshot.step;

import io.vmsnap.storage.FileNames;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;

/** Makes an empty file that another program fills. */
public record CreateFile(VmStorage storage, String file) implements ReversibleStep {
  @Override
  public String description() {
    return "create " + file;
  }

  @Override
  public void apply() throws IOException {
    storage.delete(file); // what an attempt that was cut off left
    storage.create(file).close();
    storage.syncDirectory(FileNames.folderOf(file));
  }

  @Override
  public void undo() throws IOException {
    storage.delete(file);
    storage.syncDirectory(FileNames.folderOf(file));
  }
}
