package io.vmsnap.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/** What a file is, whatever its name: device and inode. */
record FileKey(long device, long inode) {
  static FileKey of(Path path, LinkOption... options) throws IOException {
    Map<String, Object> attributes = Files.readAttributes(path, "unix:dev,ino", options);
    return new FileKey(
        ((Number) attributes.get("dev")).longValue(), ((Number) attributes.get("ino")).longValue());
  }

  // By hand: the generated ones are linked at their first call, and a starting job waits for that.
  @Override
  public boolean equals(Object other) {
    return other instanceof FileKey key && key.device == device && key.inode == inode;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(device) * 31 + Long.hashCode(inode);
  }
}
