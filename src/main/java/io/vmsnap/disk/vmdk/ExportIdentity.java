package io.vmsnap.disk.vmdk;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What the descriptor of an exported disk says about it.
 *
 * @param fileName of the extent
 * @param cid of the new disk
 * @param parentCid {@link ContentId#NONE} without parent
 * @param parentFileName null without parent
 * @param dataBase entries to take over: adapter type, hardware version, UUID ...
 */
public record ExportIdentity(
    String fileName,
    ContentId cid,
    ContentId parentCid,
    String parentFileName,
    Map<String, String> dataBase) {
  private static final int HEADS = 255;
  private static final int SECTORS = 63;
  private static final int MAX_CYLINDERS = 65535;

  /** A disk without parent. */
  public static ExportIdentity of(String fileName, ContentId cid, Map<String, String> dataBase) {
    return new ExportIdentity(fileName, cid, ContentId.NONE, null, dataBase);
  }

  DiskDescriptor descriptor(String createType, ExtentType type, long capacity) {
    return descriptor(createType, Extent.of(type, capacity / Extent.SECTOR, fileName));
  }

  /** The descriptor of a disk with that one extent. */
  public DiskDescriptor descriptor(String createType, Extent extent) {
    long sectors = extent.sectors();
    Map<String, String> entries = new LinkedHashMap<>(dataBase);
    entries.keySet().removeIf(key -> key.equals("longContentID") || key.startsWith("iofilters"));
    entries.putIfAbsent("adapterType", "lsilogic");
    long cylinders = Math.min(MAX_CYLINDERS, sectors / (HEADS * SECTORS));
    entries.putIfAbsent("geometry.cylinders", Long.toString(cylinders));
    entries.putIfAbsent("geometry.heads", Integer.toString(HEADS));
    entries.putIfAbsent("geometry.sectors", Integer.toString(SECTORS));
    entries.putIfAbsent("virtualHWVersion", "4");
    return DiskDescriptor.create(
        Objects.requireNonNull(fileName),
        createType,
        cid,
        parentCid,
        parentFileName,
        List.of(extent),
        entries);
  }
}
