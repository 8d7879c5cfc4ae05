package io.vmsnap.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An fcntl(2) lock on a whole file. The kernel drops all such locks of a process when it closes
 * <em>any</em> descriptor of the file, so within this process a locked file must not be opened a
 * second time: {@link #HELD} knows them.
 */
final class LocalLock implements StorageLock {
  static final Set<FileKey> HELD = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileKey key;
  private final FileChannel channel;
  private final FileLock lock;

  LocalLock(Path path, FileKey key, FileChannel channel, FileLock lock) {
    this.path = path;
    this.key = key;
    this.channel = channel;
    this.lock = lock;
  }

  @Override
  public boolean isValid() {
    try {
      return lock.isValid() && FileKey.of(path, LinkOption.NOFOLLOW_LINKS).equals(key);
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      if (channel.isOpen()) {
        channel.close();
        HELD.remove(key);
      }
    }
  }
}
