package io.vmsnap.snapshot.step;

import io.vmsnap.storage.FileNames;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Deletes files that nothing needs any more; those that are gone already do no harm.
 *
 * @param what for progress and messages
 * @param files in the order in which they go
 */
public record DeleteFiles(VmStorage storage, String what, List<String> files) implements Step {
  @Override
  public String description() {
    return "delete " + what;
  }

  @Override
  public void apply() throws IOException {
    Set<String> folders = new LinkedHashSet<>();
    for (String file : files) {
      storage.delete(file);
      folders.add(FileNames.folderOf(file));
    }
    for (String folder : folders) {
      storage.syncDirectory(folder);
    }
  }
}
