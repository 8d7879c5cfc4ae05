package io.vmsnap.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The files of one VM directory: the only way in which the engine touches a disk, so that tests can
 * fail, reorder or cut power at every single operation.
 *
 * <p>Names are relative, use {@code /} and never leave the directory: a name that is absolute,
 * contains {@code ..} or passes through a symbolic link is refused with an {@link
 * UnsafeNameException}.
 *
 * <p>Durability contract: what was written is durable after {@link StorageFile#sync()}; that a name
 * was created, renamed or deleted is durable after {@link #syncDirectory}. Before that, after a
 * power cut, any subset of the operations since may be lost, in any order.
 */
public interface VmStorage extends Closeable {
  /** Opens an existing file. */
  StorageFile open(String name, OpenMode mode) throws IOException;

  /** Creates a file that must not exist yet, mode 0640. */
  StorageFile create(String name) throws IOException;

  boolean exists(String name) throws IOException;

  /** Size in bytes. */
  long size(String name) throws IOException;

  /** Bytes that the file occupies on the volume (holes do not count). */
  long allocatedBytes(String name) throws IOException;

  /** Names of the regular files directly in the folder ({@code ""} is the directory), sorted. */
  List<String> list(String folder) throws IOException;

  /** Creates a folder, mode 0750, if it does not exist; durable when this returns. */
  void createFolder(String name) throws IOException;

  /** Atomically gives the file a new name; a file that has that name is replaced. */
  void rename(String from, String to) throws IOException;

  /** Deletes the file; a missing one is not an error, so that recovery can repeat the step. */
  void delete(String name) throws IOException;

  /** Sets mode 0440 (read-only) or 0640. */
  void setReadOnly(String name, boolean readOnly) throws IOException;

  /** Makes creations, renames and deletions in the folder durable. */
  void syncDirectory(String folder) throws IOException;

  /**
   * Takes the exclusive operating-system lock on the file, creating it if needed; empty if another
   * process (or another part of this one) holds it. The lock ends with the process.
   */
  Optional<StorageLock> tryLock(String name) throws IOException;

  /** Capacity and free space of the volume below the directory. */
  VolumeSpace space() throws IOException;

  /**
   * The file's real path, for programs outside this process (QEMU). Never for reading or writing.
   */
  Path path(String name);
}
