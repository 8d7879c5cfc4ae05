package io.vmsnap.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A file of a {@link MemoryStorage}: its content now, and what a power cut would leave of it. */
final class MemoryInode {
  final MemoryContent content;
  private MemoryContent durable;
  private final List<Consumer<MemoryContent>> unsynced = new ArrayList<>();
  boolean readOnly;
  boolean locked;

  MemoryInode() {
    this(new MemoryContent());
  }

  MemoryInode(MemoryContent content) {
    this.content = content;
    this.durable = content.copy();
  }

  void change(Consumer<MemoryContent> change) {
    change.accept(content);
    unsynced.add(change);
  }

  void sync() {
    unsynced.forEach(change -> change.accept(durable));
    unsynced.clear();
  }

  /** What the disk holds if each unsynced change was lost or not as the choice says. */
  MemoryInode afterPowerCut(PowerCut choice) {
    MemoryContent left = durable.copy();
    for (Consumer<MemoryContent> change : choice.survivors(unsynced)) {
      change.accept(left);
    }
    MemoryInode inode = new MemoryInode(left);
    inode.readOnly = readOnly;
    return inode;
  }
}
