package io.vmsnap.snapshot;

import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.index.IndexWriter;
import io.vmsnap.disk.index.LiveIndex;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.RevertResult;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.NotPreparableException;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/** A machine {@code web} in a storage, with a guest that writes as QEMU would. */
final class TestMachine {
  static final int BLOCK = 4096;
  static final long CAPACITY = 256 << 10;
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  private TestMachine() {}

  static VmDefinition definition(int disks) {
    List<VmDefinition.Disk> list = new ArrayList<>();
    for (int k = 0; k < disks; k++) {
      list.add(new VmDefinition.Disk("disk" + k, CAPACITY, null));
    }
    return new VmDefinition(
        "web",
        "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7",
        new VmDefinition.Hardware(1, 256 << 20, "bios", null, "auto"),
        list,
        null,
        List.of(),
        false,
        30);
  }

  static void prepare(VmStorage storage, int disks) throws IOException, NotPreparableException {
    new DirectoryPreparer(storage, definition(disks)).prepare();
  }

  static SnapshotResult snapshot(VmStorage storage, VmConnector vm, String requestId)
      throws IOException, RefusedException {
    return creation(storage, vm).run(null, task(requestId));
  }

  static SnapshotCreation creation(VmStorage storage, VmConnector vm) {
    return new SnapshotCreation(
        storage,
        vm,
        Clock.fixed(NOW, ZoneOffset.UTC),
        new StopSignal(Duration.ofMinutes(1)),
        Duration.ZERO);
  }

  static CreateSnapshotTask task(String requestId) {
    return new CreateSnapshotTask(requestId, "snap " + requestId, "", false, "None", 0, 60, 32, 20);
  }

  static RevertResult revert(VmStorage storage, VmConnector vm, String requestId, long uid)
      throws IOException, RefusedException {
    return reversion(storage, vm).run(null, revertTask(requestId, uid, null));
  }

  static SnapshotRevert reversion(VmStorage storage, VmConnector vm) {
    return new SnapshotRevert(
        storage,
        vm,
        Clock.fixed(NOW, ZoneOffset.UTC),
        new StopSignal(Duration.ofMinutes(1)),
        Duration.ZERO);
  }

  static RevertSnapshotTask revertTask(String requestId, long uid, String power) {
    return new RevertSnapshotTask(requestId, uid, power, null, 60, 32, 20);
  }

  static SnapshotDeletion deletion(VmStorage storage, VmConnector vm) {
    return new SnapshotDeletion(
        storage,
        vm,
        Clock.fixed(NOW, ZoneOffset.UTC),
        new StopSignal(Duration.ofMinutes(1)),
        Duration.ZERO);
  }

  /**
   * @param uid 0 for all
   */
  static DeleteSnapshotTask deleteTask(long uid) {
    return new DeleteSnapshotTask("d-" + uid, uid, uid == 0, 0, 60);
  }

  /** Makes a snapshot one with memory, as the history says it. */
  static void markMemory(VmStorage storage, int index) throws IOException {
    byte[] text = VmDirectory.readVmsd(storage, "web").toBytes();
    String more = "snapshot" + index + ".type = \"1\"\n";
    WholeFile.replace(
        storage,
        "web.vmsd",
        (new String(text, StandardCharsets.UTF_8) + more).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Writes random blocks to the active layer of every disk, and marks deltas as QEMU's start does.
   */
  static void guestWrites(VmStorage storage, long seed) throws IOException {
    guestWrites(
        storage,
        VmDirectory.open(storage).disks().stream().map(d -> d.active().fileName()).toList(),
        seed);
  }

  /** The same to these disks, whatever the configuration names. */
  static void guestWrites(VmStorage storage, List<String> disks, long seed) throws IOException {
    Random random = new Random(seed);
    for (String disk : disks) {
      DiskChain chain = DiskChain.open(storage, disk);
      for (int i = 0; i < 5; i++) {
        byte[] block = new byte[BLOCK];
        random.nextBytes(block);
        write(storage, chain, random.nextInt((int) (CAPACITY / BLOCK)) * (long) BLOCK, block);
      }
    }
  }

  private static void write(VmStorage storage, DiskChain chain, long offset, byte[] block)
      throws IOException {
    if (chain.deltas().isEmpty()) {
      try (StorageFile file = storage.open(chain.base().extent(), OpenMode.READ_WRITE)) {
        file.write(ByteBuffer.wrap(block), offset);
        file.sync();
      }
      return;
    }
    DeltaDisk delta = chain.deltas().getLast();
    delta.markIndexAhead(storage);
    TreeSet<Long> blocks = new TreeSet<>(List.of(offset));
    try (LiveIndex index = LiveIndex.open(storage, delta.files().index())) {
      index.runs(0, CAPACITY).stream()
          .filter(r -> r.content() == Content.DATA)
          .forEach(
              r -> {
                for (long at = r.start(); at < r.end(); at += BLOCK) {
                  blocks.add(at);
                }
              });
    }
    long data = delta.layout().dataOffset();
    try (StorageFile extent = storage.open(delta.files().extent(), OpenMode.READ_WRITE)) {
      extent.write(ByteBuffer.wrap(block), data + offset);
      extent.sync();
    }
    storage.delete(delta.files().index());
    try (IndexWriter index =
        IndexWriter.create(
            storage, delta.files().index(), CAPACITY, delta.files().extent(), data)) {
      for (long at : blocks) {
        index.add(at, BLOCK, Content.DATA);
      }
      index.finish();
    }
    storage.syncDirectory(".vmsnap");
  }

  /** What the guest sees on each disk. */
  static List<ByteBuffer> content(VmStorage storage) throws IOException {
    List<ByteBuffer> contents = new ArrayList<>();
    for (VmDisk disk : VmDirectory.open(storage).disks()) {
      contents.add(read(storage, disk.active().fileName(), DiskChain.View.INDEX));
    }
    return contents;
  }

  /** What each disk of a snapshot holds, as VMware's programs read it. */
  static List<ByteBuffer> content(VmStorage storage, long uid) throws IOException {
    SnapshotEntry snapshot = VmDirectory.open(storage).vmsd().snapshot(uid).orElseThrow();
    List<ByteBuffer> contents = new ArrayList<>();
    for (SnapshotDisk disk : snapshot.disks()) {
      ByteBuffer sealed = read(storage, disk.fileName(), DiskChain.View.TABLES);
      ByteBuffer indexed = read(storage, disk.fileName(), DiskChain.View.INDEX);
      if (!sealed.equals(indexed)) {
        throw new AssertionError(disk.fileName() + ": the two views differ");
      }
      contents.add(sealed);
    }
    return contents;
  }

  private static ByteBuffer read(VmStorage storage, String descriptor, DiskChain.View view)
      throws IOException {
    ByteBuffer all = ByteBuffer.allocate((int) CAPACITY);
    try (ChainContent content = DiskChain.open(storage, descriptor).content(storage, view)) {
      content.read(all, 0);
    }
    return all.flip();
  }
}
