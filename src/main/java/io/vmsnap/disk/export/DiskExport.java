package io.vmsnap.disk.export;

import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.disk.copy.CopySource;
import io.vmsnap.disk.vmdk.ContentId;
import io.vmsnap.disk.vmdk.CowdWriter;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.ExportIdentity;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.disk.vmdk.ExtentType;
import io.vmsnap.disk.vmdk.HostedSparseWriter;
import io.vmsnap.disk.vmdk.StreamOptimizedWriter;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a disk in another format. Files get their names when they are complete and durable; an
 * interrupted export leaves only {@code .partial} files, which the next one replaces.
 */
public final class DiskExport {
  private static final String PARTIAL = ".partial";
  private static final String SUFFIX = ".vmdk";

  private final SourceDisk source;
  private final int level;
  private final CopyProgress progress;

  /**
   * @param level of compression, 1 (fast) to 9 (small), for streamOptimized
   */
  public DiskExport(SourceDisk source, int level, CopyProgress progress) {
    this.source = source;
    this.level = level;
    this.progress = progress;
  }

  /** Writes a format that can be a stream. */
  public void toStream(ExportFormat format, String name, WritableByteChannel target)
      throws IOException {
    switch (format) {
      case RAW -> RawExport.toStream(source.disk(), target, progress);
      case STREAM_OPTIMIZED ->
          StreamOptimizedWriter.write(source.disk(), target, identity(name), level, progress);
      default ->
          throw new IllegalArgumentException(
              format + " is not written from front to back; export it to a file");
    }
  }

  /**
   * Writes the file; for vmfsSparse the name is that of the base's descriptor and further files are
   * named after it.
   *
   * @return the names of all files written
   */
  public List<String> toFile(ExportFormat format, VmStorage target, String name)
      throws IOException {
    if (format == ExportFormat.VMFS_SPARSE) {
      return toChain(target, name);
    }
    write(
        target,
        name,
        file -> {
          switch (format) {
            case RAW -> RawExport.toFile(source.disk(), file, progress);
            case QCOW2 -> Qcow2Export.toFile(source.disk(), file, progress);
            case MONOLITHIC_SPARSE ->
                HostedSparseWriter.write(source.disk(), file, identity(name), progress);
            default -> toStream(format, name, new SequentialFile(file));
          }
        });
    return List.of(name);
  }

  private ExportIdentity identity(String name) {
    return ExportIdentity.of(name, source.descriptor().cid(), source.dataBase());
  }

  private List<String> toChain(VmStorage target, String name) throws IOException {
    if (!name.endsWith(SUFFIX)) {
      throw new IllegalArgumentException("a chain's base is named NAME.vmdk, not " + name);
    }
    String stem = name.substring(0, name.length() - SUFFIX.length());
    List<VirtualDisk> layers = source.layers();
    int last = layers.size() - 1;
    List<String> written = new ArrayList<>();
    String parent = null;
    ContentId parentCid = ContentId.NONE;
    for (int i = last; i >= 0; i--) {
      List<VirtualDisk> chain = layers.subList(i, layers.size());
      boolean base = i == last;
      String layerStem = base ? stem : String.format("%s-%06d", stem, last - i);
      String extent = layerStem + (base ? "-flat" : "-delta") + SUFFIX;
      CopyProgress part = part(last - i, layers.size());
      if (base) {
        write(target, extent, file -> RawExport.toFile(chain.getFirst(), file, part));
      } else {
        write(target, extent, file -> CowdWriter.write(CopySource.ofLayer(chain), file, part));
      }
      DiskDescriptor original = source.descriptors().get(i);
      ExportIdentity identity =
          new ExportIdentity(extent, original.cid(), parentCid, parent, source.dataBase());
      Extent line =
          Extent.of(
              base ? ExtentType.VMFS : ExtentType.VMFSSPARSE,
              chain.getFirst().capacity() / Extent.SECTOR,
              extent);
      String descriptor = layerStem + SUFFIX;
      byte[] text = identity.descriptor(base ? "vmfs" : "vmfsSparse", line).toBytes();
      write(target, descriptor, file -> file.write(ByteBuffer.wrap(text), 0));
      written.addAll(List.of(descriptor, extent));
      parent = descriptor;
      parentCid = original.cid();
    }
    return written;
  }

  private CopyProgress part(int layer, int layers) {
    return (done, total) -> progress.at(total * layer / layers + done / layers, total);
  }

  /** Fills a file. */
  @FunctionalInterface
  private interface Filling {
    void fill(StorageFile file) throws IOException;
  }

  private static void write(VmStorage target, String name, Filling filling) throws IOException {
    if (target.exists(name)) {
      throw new FileAlreadyExistsException(name);
    }
    String partial = name + PARTIAL;
    target.delete(partial);
    try (StorageFile file = target.create(partial)) {
      filling.fill(new EagerFile(file));
      file.sync();
    }
    target.rename(partial, name);
    target.syncDirectory(name.substring(0, Math.max(0, name.lastIndexOf('/'))));
  }
}
