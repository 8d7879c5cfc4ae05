package io.vmsnap.disk.chain;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.vmdk.ContentId;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.disk.vmdk.ExtentType;
import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A base disk: descriptor and one raw extent.
 *
 * @param descriptor such as {@code web.vmdk}
 * @param extent such as {@code web-flat.vmdk}
 * @param capacity bytes, a multiple of 512
 */
public record BaseDisk(String descriptor, String extent, long capacity, ContentId cid) {
  /** createType of the descriptor. */
  public static final String CREATE_TYPE = "vmfs";

  private static final String SUFFIX = ".vmdk";
  private static final int HEADS = 255;
  private static final int SECTORS_PER_TRACK = 63;

  /** The name that a new base's extent gets. */
  public static String extentOf(String descriptor) {
    if (!descriptor.endsWith(SUFFIX) || descriptor.indexOf('/') >= 0) {
      throw new IllegalArgumentException("\"" + descriptor + "\" is not the name of a descriptor");
    }
    return descriptor.substring(0, descriptor.length() - SUFFIX.length()) + "-flat" + SUFFIX;
  }

  /** Creates a disk of zeros, which takes no space; durable when it returns. */
  public static BaseDisk create(
      VmStorage storage, String descriptor, long capacity, RandomGenerator random)
      throws IOException {
    if (capacity <= 0 || capacity % Extent.SECTOR != 0) {
      throw new IllegalArgumentException("a disk of " + capacity + " bytes");
    }
    BaseDisk base =
        new BaseDisk(descriptor, extentOf(descriptor), capacity, ContentId.random(random));
    try (StorageFile file = storage.create(base.extent)) {
      file.extendTo(capacity);
      file.sync();
    }
    base.writeDescriptor(storage, random);
    return base;
  }

  /**
   * Makes a raw image the content of a new base disk. The image itself stays as it is; on file
   * systems with reflinks the copy takes no space and no time. Durable when it returns.
   */
  public static BaseDisk copyOf(
      VmStorage storage, String descriptor, String rawImage, RandomGenerator random)
      throws IOException {
    long size = storage.size(rawImage);
    if (size == 0) {
      throw CorruptDiskException.in(rawImage, "the image is empty");
    }
    long capacity = Math.ceilDiv(size, Extent.SECTOR) * Extent.SECTOR;
    BaseDisk base =
        new BaseDisk(descriptor, extentOf(descriptor), capacity, ContentId.random(random));
    try (StorageFile source = storage.open(rawImage, OpenMode.READ);
        StorageFile file = storage.create(base.extent)) {
      for (ByteRange data : source.dataRanges(0, size)) {
        source.copyTo(file, data.start(), data.start(), data.length());
      }
      file.extendTo(capacity);
      file.sync();
    }
    base.writeDescriptor(storage, random);
    return base;
  }

  /**
   * Makes a raw image the content of a new base disk by giving it the extent's name: at once, and
   * the image is gone under its old name. Durable when it returns.
   */
  public static BaseDisk moveFrom(
      VmStorage storage, String descriptor, String rawImage, RandomGenerator random)
      throws IOException {
    String extent = extentOf(descriptor);
    if (storage.exists(extent) || storage.exists(descriptor)) {
      throw new java.nio.file.FileAlreadyExistsException(extent);
    }
    long size = storage.size(rawImage);
    if (size == 0) {
      throw CorruptDiskException.in(rawImage, "the image is empty");
    }
    long capacity = Math.ceilDiv(size, Extent.SECTOR) * Extent.SECTOR;
    if (capacity > size) {
      try (StorageFile file = storage.open(rawImage, OpenMode.READ_WRITE)) {
        file.extendTo(capacity);
        file.sync();
      }
    }
    storage.rename(rawImage, extent);
    BaseDisk base = new BaseDisk(descriptor, extent, capacity, ContentId.random(random));
    base.writeDescriptor(storage, random);
    return base;
  }

  /** Opens a base disk and checks that its extent is there in full length. */
  public static BaseDisk open(VmStorage storage, String descriptor) throws IOException {
    return open(storage, DiskDescriptor.read(storage, descriptor));
  }

  /** Opens the base disk that the descriptor describes. */
  public static BaseDisk open(VmStorage storage, DiskDescriptor text) throws IOException {
    String name = text.fileName();
    List<Extent> extents = text.extents();
    boolean raw =
        extents.size() == 1
            && (extents.getFirst().type() == ExtentType.VMFS
                || extents.getFirst().type() == ExtentType.FLAT)
            && extents.getFirst().offset() == 0;
    if (!raw) {
      throw new UnsupportedDiskException(
          name,
          "createType",
          text.createType()
              + " with "
              + extents.size()
              + " extents; a base disk here has one raw extent. Adopt the directory first");
    }
    String extent = extents.getFirst().fileName();
    long size = storage.size(extent);
    if (size < text.capacity()) {
      throw CorruptDiskException.in(
          extent, "has " + size + " bytes; " + name + " says " + text.capacity() + ": it was cut");
    }
    return new BaseDisk(name, extent, text.capacity(), text.cid());
  }

  private void writeDescriptor(VmStorage storage, RandomGenerator random) throws IOException {
    long sectors = capacity / Extent.SECTOR;
    Map<String, String> dataBase = new LinkedHashMap<>();
    dataBase.put("adapterType", "lsilogic");
    dataBase.put(
        "geometry.cylinders", String.valueOf(Math.max(1, sectors / (HEADS * SECTORS_PER_TRACK))));
    dataBase.put("geometry.heads", String.valueOf(HEADS));
    dataBase.put("geometry.sectors", String.valueOf(SECTORS_PER_TRACK));
    dataBase.put(
        "longContentID", String.format("%016x%08x%s", random.nextLong(), random.nextInt(), cid));
    dataBase.put("virtualHWVersion", "21");
    DiskDescriptor text =
        DiskDescriptor.create(
            descriptor,
            CREATE_TYPE,
            cid,
            ContentId.NONE,
            null,
            List.of(Extent.of(ExtentType.VMFS, sectors, extent)),
            dataBase);
    try (StorageFile file = storage.create(descriptor)) {
      file.write(ByteBuffer.wrap(text.toBytes()), 0);
      file.sync();
    }
    storage.syncDirectory("");
  }
}
