package io.vmsnap.snapshot.adopt;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.copy.Chunk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.disk.copy.CopySource;
import io.vmsnap.disk.copy.ParallelCopy;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.disk.delta.IndexedDelta;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.disk.index.IndexWriter;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.ExportIdentity;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.disk.vmdk.ExtentType;
import io.vmsnap.disk.vmdk.VmdkLayer;
import io.vmsnap.storage.FileNames;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import java.io.IOException;
import java.security.SecureRandom;

/**
 * Copies one foreign layer into a base disk or a delta of ours in the staging folder and proves the
 * copy: the digest of what was read from the source must be that of what is read back. May be
 * repeated; what an interrupted try left is removed first.
 */
final class LayerConversion {
  private static final int BLOCK = DeltaLayout.GRAIN;

  private final VmStorage source;
  private final VmStorage staging;

  LayerConversion(VmStorage source, VmStorage staging) {
    this.source = source;
    this.staging = staging;
  }

  /** Puts the unchanged descriptor where the layers above expect their parent's. */
  void stageDescriptor(ForeignLayer layer) throws IOException {
    WholeFile.replace(staging, layer.name(), layer.descriptor().toBytes());
  }

  /**
   * Copies and proves.
   *
   * @param number which layer it is, from 1
   * @param layers how many there are
   * @return the digest
   */
  String convert(ForeignLayer layer, int number, int layers, AdoptListener listener)
      throws IOException {
    String position = " (" + number + " of " + layers + ")";
    int behind = 2 * (number - 1);
    for (String leftover : layer.newFiles()) {
      staging.delete(leftover);
    }
    listener.begin("copy " + layer.name() + position, behind, 2 * layers);
    String written = layer.isBase() ? base(layer, listener::at) : delta(layer, listener::at);
    listener.begin("prove " + layer.name() + position, behind + 1, 2 * layers);
    String read = readBack(layer, listener::at);
    if (!written.equals(read)) {
      throw CorruptDiskException.in(
          layer.newExtent(),
          "the copy of "
              + layer.name()
              + " reads back differently ("
              + read
              + ", not "
              + written
              + "): the storage is faulty. The source is untouched");
    }
    return read;
  }

  private String base(ForeignLayer layer, CopyProgress progress) throws IOException {
    LayerDigest digest = new LayerDigest();
    try (LayeredDisk disk = ForeignDirectory.open(source, layer);
        StorageFile extent = staging.create(layer.newExtent())) {
      extent.extendTo(disk.capacity());
      new ParallelCopy(CopySource.ofDisk(disk), BLOCK, progress)
          .run(
              chunk -> {
                digest.add(chunk);
                chunk.forEachRun((from, to) -> write(extent, 0, chunk, from, to));
              });
      extent.sync();
    }
    DiskDescriptor old = layer.descriptor();
    Extent line = Extent.of(ExtentType.VMFS, old.capacity() / Extent.SECTOR, layer.newExtent());
    DiskDescriptor text =
        ExportIdentity.of(layer.newExtent(), old.cid(), old.dataBase())
            .descriptor(BaseDisk.CREATE_TYPE, line);
    WholeFile.replace(staging, layer.name(), text.toBytes());
    return digest.finish();
  }

  private String delta(ForeignLayer layer, CopyProgress progress) throws IOException {
    DeltaDisk delta = DeltaDisk.create(staging, layer.parent(), layer.name(), new SecureRandom());
    // the children and the history know the disk by the CID it had
    DiskDescriptor text = DiskDescriptor.read(staging, layer.name());
    WholeFile.replace(staging, layer.name(), text.withCid(layer.descriptor().cid()).toBytes());
    LayerDigest digest = new LayerDigest();
    long dataOffset = delta.layout().dataOffset();
    String index = delta.files().index();
    staging.delete(index);
    delta.markIndexAhead(staging);
    try (LayeredDisk disk = ForeignDirectory.open(source, layer);
        StorageFile extent = staging.open(delta.files().extent(), OpenMode.READ_WRITE);
        IndexWriter writer =
            IndexWriter.create(
                staging, index, disk.capacity(), delta.files().extent(), dataOffset)) {
      new ParallelCopy(CopySource.ofLayer(disk.layers()), BLOCK, progress)
          .run(
              chunk -> {
                digest.add(chunk);
                chunk.forEachRun(
                    (from, to) -> writeDelta(extent, dataOffset, writer, chunk, from, to));
              });
      writer.finish();
      delta.growToStep(extent);
      extent.sync();
    }
    Seal.run(staging, delta);
    // The digest proves the copy for ever: after a crash its index must not be the empty one again.
    staging.syncDirectory(FileNames.folderOf(index));
    return digest.finish();
  }

  /** Blocks of zeros become holes that hide the parent. */
  private static void writeDelta(
      StorageFile extent, long dataOffset, IndexWriter index, Chunk chunk, int from, int to)
      throws IOException {
    int start = from;
    while (start < to) {
      boolean zero = chunk.isZero(start);
      int end = start + 1;
      while (end < to && chunk.isZero(end) == zero) {
        end++;
      }
      long at = chunk.offset() + (long) start * BLOCK;
      long length = chunk.blocks(start, end).remaining();
      index.add(at, length, zero ? Content.ZERO : Content.DATA);
      if (!zero) {
        write(extent, dataOffset, chunk, start, end);
      }
      start = end;
    }
  }

  private static void write(StorageFile extent, long dataOffset, Chunk chunk, int from, int to)
      throws IOException {
    extent.write(chunk.blocks(from, to), dataOffset + chunk.offset() + (long) from * BLOCK);
  }

  private String readBack(ForeignLayer layer, CopyProgress progress) throws IOException {
    LayerDigest digest = new LayerDigest();
    try (VirtualDisk copy =
        layer.isBase()
            ? VmdkLayer.open(staging, layer.name())
            : IndexedDelta.open(staging, DeltaDisk.open(staging, layer.name()))) {
      new ParallelCopy(new CopySource(copy, copy, layer.isBase()), BLOCK, progress)
          .run(digest::add);
    }
    return digest.finish();
  }
}
