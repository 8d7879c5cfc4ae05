package io.vmsnap.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A folder of a VM directory as if it were one of its own: to build files before they are named.
 */
public final class FolderStorage implements VmStorage {
  private final VmStorage parent;
  private final String folder;

  /**
   * @param folder an existing folder; the parent is not closed with this object
   */
  public FolderStorage(VmStorage parent, String folder) throws UnsafeNameException {
    this.parent = parent;
    this.folder = FileNames.checked(folder);
  }

  private String inside(String name) throws UnsafeNameException {
    return folder + "/" + FileNames.checked(name);
  }

  private String insideFolder(String name) throws UnsafeNameException {
    return name.isEmpty() ? folder : inside(name);
  }

  @Override
  public StorageFile open(String name, OpenMode mode) throws IOException {
    return parent.open(inside(name), mode);
  }

  @Override
  public StorageFile create(String name) throws IOException {
    return parent.create(inside(name));
  }

  @Override
  public boolean exists(String name) throws IOException {
    return parent.exists(inside(name));
  }

  @Override
  public long size(String name) throws IOException {
    return parent.size(inside(name));
  }

  @Override
  public long allocatedBytes(String name) throws IOException {
    return parent.allocatedBytes(inside(name));
  }

  @Override
  public List<String> list(String name) throws IOException {
    return parent.list(insideFolder(name));
  }

  @Override
  public void createFolder(String name) throws IOException {
    parent.createFolder(inside(name));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    parent.rename(inside(from), inside(to));
  }

  @Override
  public void delete(String name) throws IOException {
    parent.delete(inside(name));
  }

  @Override
  public void setReadOnly(String name, boolean readOnly) throws IOException {
    parent.setReadOnly(inside(name), readOnly);
  }

  @Override
  public void syncDirectory(String name) throws IOException {
    parent.syncDirectory(insideFolder(name));
  }

  @Override
  public Optional<StorageLock> tryLock(String name) throws IOException {
    return parent.tryLock(inside(name));
  }

  @Override
  public VolumeSpace space() throws IOException {
    return parent.space();
  }

  @Override
  public Path path(String name) {
    return parent.path(name.isEmpty() ? folder : folder + "/" + name);
  }

  @Override
  public void close() {
    // the parent is not ours
  }
}
