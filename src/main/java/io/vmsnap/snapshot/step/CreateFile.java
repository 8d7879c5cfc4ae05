package io.vmsnap.snapshot.step;

import io.vmsnap.storage.FileNames;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Makes a file that another program fills.
 *
 * @param head zero bytes that it begins with. They take space, so deleting the file frees some even
 *     if the volume was full before the other program wrote anything: the journal needs it to tell
 *     that the operation is given up
 */
public record CreateFile(VmStorage storage, String file, int head) implements ReversibleStep {
  @Override
  public String description() {
    return "create " + file;
  }

  @Override
  public void apply() throws IOException {
    storage.delete(file); // what an attempt that was cut off left
    try (StorageFile created = storage.create(file)) {
      created.write(ByteBuffer.allocate(head), 0);
      created.sync();
    }
    storage.syncDirectory(FileNames.folderOf(file));
  }

  @Override
  public void undo() throws IOException {
    storage.delete(file);
    storage.syncDirectory(FileNames.folderOf(file));
  }
}
