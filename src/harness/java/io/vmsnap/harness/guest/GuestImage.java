package io.vmsnap.harness.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * The demo guest: a Linux kernel and a tiny system of busybox and the QEMU guest agent, out of the
 * distribution's packages, and an ext4 disk on which it writes numbered, checksummed records. Built
 * once and kept in the user's cache directory; the files are shared, so copy before you write.
 *
 * @param directory holds the three files under the names below
 */
public record GuestImage(Path directory) {
  public static final String KERNEL = "vmlinuz";
  public static final String INITRD = "initrd.img";
  public static final String DATA = "data.img";

  /** The disk's size in bytes; the file is sparse. */
  public static final long DATA_BYTES = 256L << 20;

  /**
   * For a start under TCG without what a throw-away guest does not need. Add {@code
   * vmsnap.mode=writer}, {@code verify} or {@code idle}.
   */
  public static final String CMDLINE =
      "console=ttyS0 quiet mitigations=off cryptomgr.notests nokaslr no_timer_check";

  /** The guest, built if it is not in the cache. */
  public static GuestImage get() throws IOException, InterruptedException {
    return get(line -> {});
  }

  /**
   * The guest, built if it is not in the cache.
   *
   * @param progress gets a line for every step of a build; nothing when the cache serves
   */
  public static GuestImage get(Consumer<String> progress) throws IOException, InterruptedException {
    return new GuestCache(GuestCache.defaultDirectory()).get(progress);
  }

  public Path kernel() {
    return directory.resolve(KERNEL);
  }

  public Path initrd() {
    return directory.resolve(INITRD);
  }

  public Path data() {
    return directory.resolve(DATA);
  }
}
