package io.vmsnap.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A VM directory on a file system of this machine. */
public final class LocalStorage implements VmStorage {
  private static final LinkOption NOFOLLOW = LinkOption.NOFOLLOW_LINKS;

  private final Path root;

  /**
   * @param directory an existing directory; it may itself be reached through links
   */
  public LocalStorage(Path directory) throws IOException {
    root = directory.toRealPath();
    if (!Files.isDirectory(root)) {
      throw new NotDirectoryException(directory.toString());
    }
  }

  /** Links the way to the system calls, which otherwise the first of them waits for. */
  public static void link() {
    LinuxCalls calls = LinuxCalls.instance();
    if (calls != null) {
      calls.allocatedBytes("/");
    }
  }

  @Override
  public StorageFile open(String name, OpenMode mode) throws IOException {
    Path path = regular(name);
    FileKey key = FileKey.of(path, NOFOLLOW);
    if (LocalLock.HELD.contains(key)) {
      throw new IOException(name + ": is the lock that this process holds and cannot be opened");
    }
    FileChannel channel =
        mode == OpenMode.READ
            ? FileChannel.open(path, StandardOpenOption.READ, NOFOLLOW)
            : FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, NOFOLLOW);
    return new LocalFile(name, path, key, mode, channel);
  }

  @Override
  public StorageFile create(String name) throws IOException {
    Path path = resolve(FileNames.checked(name));
    FileChannel channel =
        FileChannel.open(
            path,
            Set.of(
                StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
    return new LocalFile(name, path, FileKey.of(path, NOFOLLOW), OpenMode.READ_WRITE, channel);
  }

  @Override
  public boolean exists(String name) throws IOException {
    return Files.exists(resolve(FileNames.checkedFolder(name)), NOFOLLOW);
  }

  @Override
  public long size(String name) throws IOException {
    return Files.size(regular(name));
  }

  @Override
  public long allocatedBytes(String name) throws IOException {
    Path path = regular(name);
    LinuxCalls calls = LinuxCalls.instance();
    if (calls == null) {
      return Files.size(path);
    }
    long result = calls.allocatedBytes(path.toString());
    if (result < 0) {
      throw new IOException(name + ": its allocation cannot be read, errno " + -result);
    }
    return result;
  }

  @Override
  public List<String> list(String folder) throws IOException {
    Path path = resolve(FileNames.checkedFolder(folder));
    if (!Files.exists(path, NOFOLLOW)) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        if (Files.isRegularFile(entry, NOFOLLOW)) {
          names.add(entry.getFileName().toString());
        }
      }
    }
    names.sort(null);
    return names;
  }

  @Override
  public void createFolder(String name) throws IOException {
    Path path = resolve(FileNames.checked(name));
    if (!Files.isDirectory(path, NOFOLLOW)) {
      Files.createDirectory(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
      // What is synced inside it would else go with it.
      syncDirectory(FileNames.folderOf(name));
    }
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Path target = resolve(FileNames.checked(to));
    if (Files.isDirectory(target, NOFOLLOW)) {
      throw new IOException(to + ": is a directory and cannot be replaced by a file");
    }
    Files.move(regular(from), target, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(String name) throws IOException {
    Path path = resolve(FileNames.checked(name));
    if (Files.exists(path, NOFOLLOW)) {
      Files.deleteIfExists(regular(name));
    }
  }

  @Override
  public void setReadOnly(String name, boolean readOnly) throws IOException {
    Files.setPosixFilePermissions(
        regular(name), PosixFilePermissions.fromString(readOnly ? "r--r-----" : "rw-r-----"));
  }

  @Override
  public void syncDirectory(String folder) throws IOException {
    Path path = resolve(FileNames.checkedFolder(folder));
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, NOFOLLOW)) {
      channel.force(true);
    }
  }

  @Override
  public Optional<StorageLock> tryLock(String name) throws IOException {
    Path path = resolve(FileNames.checked(name));
    synchronized (LocalLock.HELD) {
      while (true) {
        if (!Files.exists(path, NOFOLLOW)) {
          createLockFile(path);
        }
        FileKey key = FileKey.of(regular(name), NOFOLLOW);
        if (LocalLock.HELD.contains(key)) {
          return Optional.empty();
        }
        FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, NOFOLLOW);
        FileLock lock = channel.tryLock();
        if (lock == null) {
          channel.close();
          return Optional.empty();
        }
        LocalLock result = new LocalLock(path, key, channel, lock);
        // Another process may have replaced the file after we looked: then we locked nothing.
        if (result.isValid()) {
          LocalLock.HELD.add(key);
          return Optional.of(result);
        }
        channel.close();
      }
    }
  }

  private static void createLockFile(Path path) throws IOException {
    FileChannel.open(
            path,
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")))
        .close();
  }

  @Override
  public VolumeSpace space() throws IOException {
    FileStore store = Files.getFileStore(root);
    return new VolumeSpace(store.getTotalSpace(), store.getUsableSpace());
  }

  @Override
  public Path path(String name) {
    try {
      return resolve(FileNames.checkedFolder(name));
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    // nothing is held
  }

  /** The path of an existing regular file: opening a FIFO would block, a device would harm. */
  private Path regular(String name) throws IOException {
    Path path = resolve(FileNames.checked(name));
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW);
    } catch (NoSuchFileException e) {
      throw new NoSuchFileException(path.toString(), null, "no such file in the VM directory");
    }
    if (attributes.isSymbolicLink()) {
      throw new UnsafeNameException(name, "is a symbolic link");
    }
    if (!attributes.isRegularFile()) {
      throw new IOException(name + ": is not a regular file");
    }
    return path;
  }

  /** Refuses names that pass through a symbolic link; the last segment may not be one either. */
  private Path resolve(String name) throws UnsafeNameException {
    Path path = root;
    if (name.isEmpty()) {
      return path;
    }
    for (String segment : name.split("/")) {
      path = path.resolve(segment);
      if (Files.isSymbolicLink(path)) {
        throw new UnsafeNameException(name, "passes through the symbolic link " + segment);
      }
    }
    return path;
  }
}
