package io.vmsnap.disk.vmdk;

import java.io.IOException;

/** A grain directory in a file: looked up in pages, so that its size costs no memory. */
final class GrainDirectory {
  private static final int PAGE = 1024;
  private static final int PAGES_KEPT = 16;

  private final TableReader tables;
  private final long offset;
  private final long entries;
  private final RecentlyUsed<long[]> pages = new RecentlyUsed<>(PAGES_KEPT);

  /**
   * @param offset of the directory in the file, bytes
   */
  GrainDirectory(TableReader tables, long offset, long entries) {
    this.tables = tables;
    this.offset = offset;
    this.entries = entries;
  }

  /** The raw entry; one beyond the directory is 0, as if there were no table. */
  long entry(long number) throws IOException {
    if (number >= entries) {
      return 0;
    }
    long page = number / PAGE;
    int length = (int) Math.min(PAGE, entries - page * PAGE);
    long start = offset + page * PAGE * tables.width();
    long[] loaded = pages.get(page, () -> tables.read(start, length, "the grain directory"));
    return loaded[(int) (number % PAGE)];
  }

  /** Where the entry is, for messages. */
  long offsetOf(long number) {
    return offset + number * tables.width();
  }
}
