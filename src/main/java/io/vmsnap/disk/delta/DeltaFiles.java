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

  /** Ending of an index. */
  public static final String INDEX_SUFFIX = ".idx";

  /** Ending of what a seal remembers. */
  public static final String STAMP_SUFFIX = ".seal";

  private static final String SUFFIX = ".vmdk";

  /** The names that belong to a descriptor. */
  public static DeltaFiles of(String descriptor) {
    if (!descriptor.endsWith(SUFFIX) || descriptor.indexOf('/') >= 0) {
      throw new IllegalArgumentException("\"" + descriptor + "\" is not the name of a descriptor");
    }
    String stem = descriptor.substring(0, descriptor.length() - SUFFIX.length());
    return new DeltaFiles(descriptor, stem + "-delta" + SUFFIX, indexOf(descriptor));
  }

  /** Where seals remember what they did; may be missing. */
  public String stamp() {
    return stampOfIndex(index);
  }

  /** The same, of the delta with that descriptor. */
  public static String stampOf(String descriptor) {
    return stampOfIndex(indexOf(descriptor));
  }

  private static String stampOfIndex(String index) {
    return index.substring(0, index.length() - INDEX_SUFFIX.length()) + STAMP_SUFFIX;
  }

  /** The index that belongs to a descriptor, whatever its extent is called. */
  static String indexOf(String descriptor) {
    String stem =
        descriptor.endsWith(SUFFIX)
            ? descriptor.substring(0, descriptor.length() - SUFFIX.length())
            : descriptor;
    return FOLDER + "/" + stem + INDEX_SUFFIX;
  }

  /** All that make up the disk; the descriptor, by which others find it, last. */
  public List<String> all() {
    return List.of(extent, index, descriptor);
  }
}
