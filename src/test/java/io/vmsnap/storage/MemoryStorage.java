package io.vmsnap.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * A VM directory in memory, with the durability contract of {@link VmStorage} taken at its worst:
 * {@link #powerCut} loses and reorders whatever was not synced.
 */
public final class MemoryStorage implements VmStorage {
  private final SortedMap<String, MemoryInode> names = new TreeMap<>();
  private final SortedMap<String, MemoryInode> durableNames = new TreeMap<>();
  private final TreeSet<String> folders = new TreeSet<>();
  private final List<NameChange> unsynced = new ArrayList<>();
  private VolumeSpace space = new VolumeSpace(1L << 40, 1L << 40);

  private record NameChange(
      List<String> folders, Consumer<SortedMap<String, MemoryInode>> change) {}

  public void setSpace(VolumeSpace space) {
    this.space = space;
  }

  /** The directory as the next boot finds it; this object is of no further use. */
  public synchronized MemoryStorage powerCut(PowerCut choice) {
    SortedMap<String, MemoryInode> left = new TreeMap<>(durableNames);
    choice.survivors(unsynced).forEach(change -> change.change.accept(left));
    MemoryStorage result = new MemoryStorage();
    result.folders.addAll(folders);
    result.space = space;
    Map<MemoryInode, MemoryInode> inodes = new java.util.IdentityHashMap<>();
    left.forEach(
        (name, inode) -> {
          MemoryInode survived = inodes.computeIfAbsent(inode, i -> i.afterPowerCut(choice));
          result.names.put(name, survived);
          result.durableNames.put(name, survived);
        });
    return result;
  }

  /** Puts a file there, durably. */
  public MemoryStorage with(String name, byte[] content) throws IOException {
    if (!FileNames.folderOf(name).isEmpty()) {
      createFolder(FileNames.folderOf(name));
    }
    delete(name);
    try (StorageFile file = create(name)) {
      file.write(ByteBuffer.wrap(content), 0);
      file.sync();
    }
    syncDirectory(FileNames.folderOf(name));
    return this;
  }

  public MemoryStorage with(String name, String content) throws IOException {
    return with(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** All of a small file. */
  public byte[] content(String name) throws IOException {
    try (StorageFile file = open(name, OpenMode.READ)) {
      ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(file.size()));
      file.readFully(buffer, 0);
      return buffer.array();
    }
  }

  /** All files with their folders, sorted. */
  public synchronized List<String> allNames() {
    return List.copyOf(names.keySet());
  }

  public synchronized boolean isReadOnly(String name) throws IOException {
    return inode(name).readOnly;
  }

  @Override
  public synchronized StorageFile open(String name, OpenMode mode) throws IOException {
    MemoryInode inode = inode(name);
    if (mode == OpenMode.READ_WRITE && inode.readOnly) {
      throw new java.nio.file.AccessDeniedException(name);
    }
    return new MemoryFile(this, name, inode, mode);
  }

  @Override
  public synchronized StorageFile create(String name) throws IOException {
    FileNames.checked(name);
    requireFolder(FileNames.folderOf(name));
    if (names.containsKey(name) || folders.contains(name)) {
      throw new FileAlreadyExistsException(name);
    }
    MemoryInode inode = new MemoryInode();
    change(List.of(FileNames.folderOf(name)), map -> map.put(name, inode));
    return new MemoryFile(this, name, inode, OpenMode.READ_WRITE);
  }

  @Override
  public synchronized boolean exists(String name) throws IOException {
    FileNames.checkedFolder(name);
    return name.isEmpty() || names.containsKey(name) || folders.contains(name);
  }

  @Override
  public synchronized long size(String name) throws IOException {
    return inode(name).content.size();
  }

  @Override
  public synchronized long allocatedBytes(String name) throws IOException {
    return inode(name).content.allocatedBytes();
  }

  @Override
  public synchronized List<String> list(String folder) throws IOException {
    FileNames.checkedFolder(folder);
    String prefix = folder.isEmpty() ? "" : folder + "/";
    return names.keySet().stream()
        .filter(n -> n.startsWith(prefix) && n.indexOf('/', prefix.length()) < 0)
        .map(n -> n.substring(prefix.length()))
        .toList();
  }

  @Override
  public synchronized void createFolder(String name) throws IOException {
    requireFolder(FileNames.folderOf(FileNames.checked(name)));
    folders.add(name);
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    FileNames.checked(to);
    MemoryInode inode = inode(from);
    requireFolder(FileNames.folderOf(to));
    change(
        List.of(FileNames.folderOf(from), FileNames.folderOf(to)),
        map -> {
          map.remove(from, inode);
          map.put(to, inode);
        });
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    FileNames.checked(name);
    if (names.containsKey(name)) {
      change(List.of(FileNames.folderOf(name)), map -> map.remove(name));
    }
  }

  @Override
  public synchronized void setReadOnly(String name, boolean readOnly) throws IOException {
    inode(name).readOnly = readOnly;
  }

  @Override
  public synchronized void syncDirectory(String folder) throws IOException {
    FileNames.checkedFolder(folder);
    for (NameChange change : List.copyOf(unsynced)) {
      if (change.folders.contains(folder)) {
        change.change.accept(durableNames);
        unsynced.remove(change);
      }
    }
  }

  @Override
  public synchronized Optional<StorageLock> tryLock(String name) throws IOException {
    if (!exists(name)) {
      create(name).close();
    }
    MemoryInode inode = inode(name);
    if (inode.locked) {
      return Optional.empty();
    }
    inode.locked = true;
    return Optional.of(
        new StorageLock() {
          @Override
          public boolean isValid() {
            synchronized (MemoryStorage.this) {
              return inode.locked && names.get(name) == inode;
            }
          }

          @Override
          public void close() {
            inode.locked = false;
          }
        });
  }

  @Override
  public VolumeSpace space() {
    return space;
  }

  @Override
  public Path path(String name) {
    return Path.of("/memory").resolve(name);
  }

  @Override
  public void close() {
    // nothing is held
  }

  private MemoryInode inode(String name) throws IOException {
    MemoryInode inode = names.get(FileNames.checked(name));
    if (inode == null) {
      throw new NoSuchFileException(name);
    }
    return inode;
  }

  private void requireFolder(String folder) throws IOException {
    if (!folder.isEmpty() && !folders.contains(folder)) {
      throw new FileNotFoundException(folder + ": no such folder");
    }
  }

  private void change(List<String> in, Consumer<SortedMap<String, MemoryInode>> change) {
    change.accept(names);
    unsynced.add(new NameChange(in, change));
  }
}
