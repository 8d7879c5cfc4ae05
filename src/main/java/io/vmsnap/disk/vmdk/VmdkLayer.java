package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * One VMDK without its parents: what its descriptor's extents hold, one after the other. Reads
 * every format that VMware products leave in a VM directory; see docs/formats/vmdk.md.
 */
public final class VmdkLayer implements VirtualDisk {
  private static final int SE_SPARSE_MAGIC = (int) SeSparseHeader.MAGIC;

  private final DiskDescriptor descriptor;
  private final List<VirtualDisk> extents;
  private final long[] ends;
  private final List<String> files;

  private VmdkLayer(DiskDescriptor descriptor, List<VirtualDisk> extents, List<String> files) {
    this.descriptor = descriptor;
    this.extents = extents;
    this.files = files;
    this.ends = new long[extents.size()];
    long end = 0;
    for (int i = 0; i < ends.length; i++) {
      end += extents.get(i).capacity();
      ends[i] = end;
    }
  }

  /** Opens the disk of that descriptor, embedded or a file of its own, for reading. */
  public static VmdkLayer open(VmStorage storage, String name) throws IOException {
    int magic = magic(storage, name);
    if (magic == CowdExtent.MAGIC || magic == SE_SPARSE_MAGIC) {
      throw new UnsupportedDiskException(
          name, "offset 0", "an extent without descriptor; name the descriptor that lists it");
    }
    boolean embedded = magic == HostedSparseHeader.MAGIC;
    DiskDescriptor descriptor = readDescriptor(storage, name);
    if (descriptor.entry("encryptionKeys").isPresent()) {
      throw new UnsupportedDiskException(name, "encryptionKeys", "the disk is encrypted");
    }
    List<VirtualDisk> extents = new ArrayList<>();
    TreeSet<String> files = new TreeSet<>(List.of(name));
    try {
      List<Extent> lines = descriptor.extents();
      if (embedded && (lines.size() != 1 || lines.getFirst().type() != ExtentType.SPARSE)) {
        throw CorruptDiskException.in(
            name, "an embedded descriptor has one extent, of type SPARSE");
      }
      for (Extent line : lines) {
        String file =
            embedded
                ? name
                : line.fileName() == null ? name : DiskPath.ofExtent(name, line.fileName());
        extents.add(openExtent(storage, name, line, file));
        files.add(file);
      }
      if (extents.isEmpty()) {
        throw CorruptDiskException.in(name, "the descriptor has no extents");
      }
    } catch (IOException | RuntimeException e) {
      for (VirtualDisk extent : extents) {
        extent.close();
      }
      throw e;
    }
    return new VmdkLayer(descriptor, extents, List.copyOf(files));
  }

  /** The descriptor of a VMDK, embedded or a file of its own. */
  public static DiskDescriptor readDescriptor(VmStorage storage, String name) throws IOException {
    if (magic(storage, name) != HostedSparseHeader.MAGIC) {
      return DiskDescriptor.read(storage, name);
    }
    try (StorageFile file = storage.open(name, OpenMode.READ)) {
      if (file.size() < HostedSparseHeader.SIZE) {
        throw CorruptDiskException.at(name, file.size(), "the file ends within its header");
      }
      ByteBuffer sector = ByteBuffer.allocate(HostedSparseHeader.SIZE);
      file.readFully(sector, 0);
      HostedSparseHeader header = HostedSparseHeader.parse(name, 0, sector.flip());
      long offset = header.descriptorOffset() * Extent.SECTOR;
      long length = header.descriptorSize() * Extent.SECTOR;
      if (offset == 0) {
        throw new UnsupportedDiskException(
            name, "offset 28", "an extent without descriptor; name the descriptor that lists it");
      }
      if (length > DiskDescriptor.MAX_BYTES || offset + length > file.size()) {
        throw CorruptDiskException.at(
            name, 36, "a descriptor of " + length + " bytes is not inside the file");
      }
      ByteBuffer text = ByteBuffer.allocate((int) length);
      file.readFully(text, offset);
      return DiskDescriptor.parse(name, text.array());
    }
  }

  private static VirtualDisk openExtent(VmStorage storage, String disk, Extent line, String file)
      throws IOException {
    long capacity = line.sectors() * Extent.SECTOR;
    if (line.type() == ExtentType.ZERO || line.access() == Extent.Access.NOACCESS) {
      return new ZeroExtent(disk, capacity);
    }
    if (line.type().isDevice()) {
      throw new UnsupportedDiskException(
          disk, "extent", "a raw device mapping; clone it into a file with vmkfstools -i");
    }
    StorageFile opened = storage.open(file, OpenMode.READ);
    try {
      VirtualDisk extent =
          switch (line.type()) {
            case FLAT, VMFS -> new FlatExtent(opened, line.offset() * Extent.SECTOR, capacity);
            case SESPARSE -> SeSparseExtent.open(opened);
            default -> openSparse(opened);
          };
      checkCapacity(disk, line, extent);
      return extent.capacity() == capacity ? extent : new Window(extent, capacity);
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** SPARSE and VMFSSPARSE: the file knows better than the word in the descriptor. */
  private static VirtualDisk openSparse(StorageFile file) throws IOException {
    ByteBuffer magic = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    if (file.size() < 4) {
      throw CorruptDiskException.at(file.name(), 0, "too short for a sparse extent");
    }
    file.readFully(magic, 0);
    return switch (magic.getInt(0)) {
      case HostedSparseHeader.MAGIC -> HostedSparseExtent.open(file);
      case CowdExtent.MAGIC -> CowdExtent.open(file);
      default ->
          throw CorruptDiskException.at(
              file.name(), 0, "neither a hosted sparse (KDMV) nor a copy-on-write extent (COWD)");
    };
  }

  /** A sparse extent may be longer by less than a grain, never shorter than its line says. */
  private static void checkCapacity(String disk, Extent line, VirtualDisk extent)
      throws CorruptDiskException {
    long more = extent.capacity() / Extent.SECTOR - line.sectors();
    if (more < 0 || more >= 1 << 12) {
      throw CorruptDiskException.in(
          extent.name(),
          "the extent has "
              + extent.capacity() / Extent.SECTOR
              + " sectors; "
              + disk
              + " says "
              + line.sectors());
    }
  }

  private static int magic(VmStorage storage, String name) throws IOException {
    try (StorageFile file = storage.open(name, OpenMode.READ)) {
      ByteBuffer magic = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      if (file.size() < 4) {
        throw CorruptDiskException.in(name, "too short for a disk");
      }
      file.readFully(magic, 0);
      return magic.getInt(0);
    }
  }

  public DiskDescriptor descriptor() {
    return descriptor;
  }

  /** The descriptor's file and those of the extents. */
  public List<String> files() {
    return files;
  }

  @Override
  public String name() {
    return descriptor.fileName();
  }

  @Override
  public long capacity() {
    return ends[ends.length - 1];
  }

  @Override
  public void read(ByteBuffer buffer, long offset) throws IOException {
    int first = extentAt(offset);
    if (offset + buffer.remaining() <= ends[first]) {
      extents.get(first).read(buffer, offset - start(first));
      return; // nearly always, and without a slice: see SparseExtent
    }
    long at = offset;
    for (int i = first; buffer.hasRemaining(); i++) {
      int length = (int) Math.min(buffer.remaining(), ends[i] - at);
      extents.get(i).read(buffer.slice(buffer.position(), length), at - start(i));
      buffer.position(buffer.position() + length);
      at += length;
    }
  }

  @Override
  public List<DiskRun> runs(long offset, long length) throws IOException {
    DiskRun.Collector runs = new DiskRun.Collector();
    long at = offset;
    for (int i = extentAt(offset); at < offset + length; i++) {
      long here = Math.min(offset + length, ends[i]) - at;
      if (here > 0) {
        for (DiskRun run : extents.get(i).runs(at - start(i), here)) {
          runs.add(run.start() + start(i), run.length(), run.content());
        }
      }
      at += here;
    }
    return runs.toList();
  }

  private int extentAt(long offset) {
    int low = 0;
    int high = ends.length - 1;
    while (low < high) {
      int middle = (low + high) / 2;
      if (ends[middle] <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private long start(int extent) {
    return extent == 0 ? 0 : ends[extent - 1];
  }

  @Override
  public void close() throws IOException {
    for (VirtualDisk extent : extents) {
      extent.close();
    }
  }

  /** The first bytes of an extent. */
  private record Window(VirtualDisk extent, long capacity) implements VirtualDisk {
    @Override
    public String name() {
      return extent.name();
    }

    @Override
    public void read(ByteBuffer buffer, long offset) throws IOException {
      extent.read(buffer, offset);
    }

    @Override
    public List<DiskRun> runs(long offset, long length) throws IOException {
      return extent.runs(offset, length);
    }

    @Override
    public void close() throws IOException {
      extent.close();
    }
  }
}
