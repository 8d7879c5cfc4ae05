package io.vmsnap.storage;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Small files that are read and replaced as a whole. */
public final class WholeFile {
  /** Ending of a replacement that is not in place yet; VMware's programs use the same. */
  public static final String TEMPORARY_SUFFIX = "~";

  private WholeFile() {}

  /**
   * @throws IOException if the file has more than that many bytes; nothing is allocated then
   */
  public static byte[] read(VmStorage storage, String name, int maxBytes) throws IOException {
    try (StorageFile file = storage.open(name, OpenMode.READ)) {
      long size = file.size();
      if (size > maxBytes) {
        throw new IOException(
            name + ": has " + size + " bytes; at most " + maxBytes + " are expected");
      }
      ByteBuffer buffer = ByteBuffer.allocate((int) size);
      file.readFully(buffer, 0);
      return buffer.array();
    }
  }

  /**
   * Atomically and durably gives the file this content: after a crash at any instant it has either
   * the old content or the new. May be repeated.
   */
  public static void replace(VmStorage storage, String name, byte[] content) throws IOException {
    String temporary = name + TEMPORARY_SUFFIX;
    storage.delete(temporary); // left by a crash
    try (StorageFile file = storage.create(temporary)) {
      file.write(ByteBuffer.wrap(content), 0);
      file.sync(); // before the rename: else the name could outlive the content
    }
    storage.rename(temporary, name);
    storage.syncDirectory(FileNames.folderOf(name));
  }
}
