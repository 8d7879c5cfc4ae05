package io.vmsnap.snapshot;

import io.vmsnap.task.TaskReason;
import java.util.Locale;
import java.util.Set;

/**
 * Names of new deltas. VMware takes the first number for which no file is there, so the number says
 * nothing about the order of snapshots, and a gap left by a deleted delta is filled again.
 */
final class DeltaNames {
  private static final int MAX_NUMBER = 999_999;

  private DeltaNames() {}

  /**
   * @param base descriptor of the base disk, {@code web.vmdk}
   * @return {@code web-000001.vmdk}, or the next number that is free
   */
  static String next(String base, Set<String> files, Set<String> indexes) throws RefusedException {
    String stem = base.substring(0, base.length() - ".vmdk".length());
    for (int number = 1; number <= MAX_NUMBER; number++) {
      String name = String.format(Locale.ROOT, "%s-%06d", stem, number);
      boolean taken =
          files.contains(name + ".vmdk")
              || files.contains(name + "-delta.vmdk")
              || indexes.contains(name + ".idx");
      if (!taken) {
        return name + ".vmdk";
      }
    }
    throw new RefusedException(
        TaskReason.DiskNotSupported, base + ": all delta numbers up to 999999 are in use");
  }
}
