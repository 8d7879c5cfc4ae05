package io.vmsnap.disk.delta;

import java.util.List;

/**
 * The files of a delta disk.
 *
 * @param descriptor such as {@code web-000001.vmdk}
 * @param extent such as {@code web-000001-delta.vmdk}
 * @param index such as {@code .vmsnap/web-000001.idx}
 */
public record DeltaFiles(String descriptor, String extent, String index) {
  /** Folder of what VMware does not know. */
  public static final String FOLDER = ".vmsnap";

  private static final String SUFFIX = ".vmdk";

  /** The names that belong to a descriptor. */
  public static DeltaFiles of(String descriptor) {
    if (!descriptor.endsWith(SUFFIX) || descriptor.indexOf('/') >= 0) {
      throw new IllegalArgumentException("\"" + descriptor + "\" is not the name of a descriptor");
    }
    String stem = descriptor.substring(0, descriptor.length() - SUFFIX.length());
    return new DeltaFiles(descriptor, stem + "-delta" + SUFFIX, indexOf(descriptor));
  }

  /** The index that belongs to a descriptor, whatever its extent is called. */
  static String indexOf(String descriptor) {
    String stem =
        descriptor.endsWith(SUFFIX)
            ? descriptor.substring(0, descriptor.length() - SUFFIX.length())
            : descriptor;
    return FOLDER + "/" + stem + ".idx";
  }

  /** All of them; the descriptor, by which others find the disk, last. */
  public List<String> all() {
    return List.of(extent, index, descriptor);
  }
}
