package io.vmsnap.disk.delta;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.index.IndexWriter;
import io.vmsnap.disk.vmdk.ContentId;
import io.vmsnap.disk.vmdk.CowdHeader;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.disk.vmdk.ExtentType;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A delta disk: what the guest wrote since a snapshot. One set of bytes with two indexes over it,
 * the qcow2 index that QEMU keeps and the grain tables that VMware's programs read.
 *
 * @param parentDescriptor name of the parent's descriptor beside it
 */
public record DeltaDisk(
    DeltaFiles files,
    DeltaLayout layout,
    ContentId cid,
    ContentId parentCid,
    String parentDescriptor) {
  /** createType of the descriptor. */
  public static final String CREATE_TYPE = "vmfsSparse";

  private static final String DESCRIPTION = "vmsnap: guest sector 0 at sector ";

  /**
   * Creates an empty delta over a disk; when it returns all files are durable. Files of that name
   * are in the way: {@link #delete} removes what an interrupted creation left.
   *
   * @param parent descriptor of the disk to write over, which must not be written any more
   */
  public static DeltaDisk create(
      VmStorage storage, String parent, String descriptor, RandomGenerator random)
      throws IOException {
    DiskDescriptor below = DiskDescriptor.read(storage, parent);
    DeltaFiles files = DeltaFiles.of(descriptor);
    DeltaLayout layout = DeltaLayout.of(parent, below.capacity());
    DeltaDisk delta = new DeltaDisk(files, layout, ContentId.random(random), below.cid(), parent);
    storage.createFolder(DeltaFiles.FOLDER);
    try (StorageFile extent = storage.create(files.extent())) {
      extent.write(delta.newHeader().toBytes(), 0);
      extent.extendTo(layout.initialFileSize());
      extent.sync();
    }
    try (IndexWriter index =
        IndexWriter.create(
            storage, files.index(), layout.capacity(), files.extent(), layout.dataOffset())) {
      index.finish();
    }
    try (StorageFile file = storage.create(descriptor)) {
      file.write(ByteBuffer.wrap(delta.newDescriptor().toBytes()), 0);
      file.sync();
    }
    storage.syncDirectory(DeltaFiles.FOLDER);
    storage.syncDirectory("");
    return delta;
  }

  /** Opens a delta of this program's making; {@link SealedDelta} and others check its tables. */
  public static DeltaDisk open(VmStorage storage, String descriptor) throws IOException {
    return open(storage, DiskDescriptor.read(storage, descriptor));
  }

  /** Opens the delta that the descriptor describes. */
  public static DeltaDisk open(VmStorage storage, DiskDescriptor text) throws IOException {
    DeltaDisk delta = describedBy(text);
    delta.header(storage);
    return delta;
  }

  /** The delta as its descriptor has it, for those who examine or mend its other files. */
  public static DeltaDisk describedBy(DiskDescriptor text) throws DiskException {
    String name = text.fileName();
    List<Extent> extents = text.extents();
    if (!text.createType().equalsIgnoreCase(CREATE_TYPE)
        || extents.size() != 1
        || extents.getFirst().type() != ExtentType.VMFSSPARSE) {
      throw new UnsupportedDiskException(
          name,
          "createType",
          text.createType()
              + " with "
              + extents.size()
              + " extents; a delta here is vmfsSparse with one. Adopt the directory first");
    }
    String parent =
        text.parentFileNameHint()
            .orElseThrow(() -> CorruptDiskException.in(name, "a delta without parentFileNameHint"));
    DeltaLayout layout = DeltaLayout.of(name, text.capacity());
    DeltaFiles files =
        new DeltaFiles(name, extents.getFirst().fileName(), DeltaFiles.indexOf(name));
    return new DeltaDisk(files, layout, text.cid(), text.parentCid(), parent);
  }

  /** Removes all files of a delta, those that exist; may be repeated. */
  public static void delete(VmStorage storage, String descriptor) throws IOException {
    DeltaFiles files = DeltaFiles.of(descriptor);
    for (String name : files.all().reversed()) {
      storage.delete(name);
    }
    storage.delete(files.stamp());
    storage.syncDirectory("");
    if (storage.exists(DeltaFiles.FOLDER)) {
      storage.syncDirectory(DeltaFiles.FOLDER);
    }
  }

  /** Reads the header and checks that it has this layout. */
  public CowdHeader header(VmStorage storage) throws IOException {
    try (StorageFile extent = storage.open(files.extent(), OpenMode.READ)) {
      return header(extent);
    }
  }

  CowdHeader header(StorageFile extent) throws IOException {
    long size = extent.size();
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(CowdHeader.BYTES, size));
    extent.readFully(bytes, 0);
    CowdHeader header = CowdHeader.parse(extent.name(), bytes.flip(), size);
    if (header.capacitySectors() * Extent.SECTOR != layout.capacity()) {
      throw CorruptDiskException.at(
          extent.name(),
          12,
          header.capacitySectors()
              + " sectors, but "
              + files.descriptor()
              + " says "
              + layout.capacity() / Extent.SECTOR);
    }
    boolean ours =
        header.grainSectors() == DeltaLayout.GRAIN_SECTORS
            && header.directorySector() == CowdHeader.DIRECTORY_SECTOR
            && header.description().equals(description());
    if (!ours) {
      throw new UnsupportedDiskException(
          extent.name(), "header", "a delta of another program; adopt the directory first");
    }
    return header;
  }

  /**
   * Marks the tables as lagging behind; to be done before QEMU opens the delta for writing. Durable
   * when it returns.
   */
  public void markIndexAhead(VmStorage storage) throws IOException {
    try (StorageFile extent = storage.open(files.extent(), OpenMode.READ_WRITE)) {
      CowdHeader header = header(extent);
      if (!header.uncleanShutdown()) {
        extent.write(header.withUncleanShutdown().toBytes(), 0);
        extent.sync();
      }
    }
  }

  /**
   * Extends the extent file to the next 16 MiB step; safe while QEMU writes.
   *
   * @return the file's length afterwards
   */
  public long growToStep(StorageFile extent) throws IOException {
    long size = extent.size();
    long stepped = Math.max(size, layout.stepped(size));
    if (stepped > size) {
      extent.extendTo(stepped);
    }
    return stepped;
  }

  CowdHeader newHeader() {
    return new CowdHeader(
        layout.capacity() / Extent.SECTOR,
        DeltaLayout.GRAIN_SECTORS,
        CowdHeader.DIRECTORY_SECTOR,
        layout.tables(),
        layout.initialFileSize() / Extent.SECTOR,
        0,
        description(),
        false);
  }

  private DiskDescriptor newDescriptor() {
    return DiskDescriptor.create(
        files.descriptor(),
        CREATE_TYPE,
        cid,
        parentCid,
        parentDescriptor,
        List.of(
            Extent.of(ExtentType.VMFSSPARSE, layout.capacity() / Extent.SECTOR, files.extent())),
        Map.of());
  }

  /** Says in the file itself where its data begins; also tells our deltas from others. */
  private String description() {
    return DESCRIPTION + layout.dataOffset() / Extent.SECTOR;
  }
}
