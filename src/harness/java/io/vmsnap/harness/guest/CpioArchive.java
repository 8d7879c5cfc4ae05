package io.vmsnap.harness.guest;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes an archive in the "newc" cpio format, which Linux unpacks as its first file system
 * (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel).
 *
 * <p>Every member: a header of 6 + 13 * 8 ASCII characters (magic {@code 070701}, then inode, mode,
 * uid, gid, links, mtime, size, device major and minor, rdev major and minor, length of the name
 * with its NUL, checksum; all in hexadecimal), the name, the data; name and data padded to 4 bytes.
 * The member {@code TRAILER!!!} ends the archive. Owner is root and time 0, so that equal input
 * gives equal bytes.
 */
final class CpioArchive implements Closeable {
  private static final int DIRECTORY = 0040000;
  private static final int FILE = 0100000;
  private static final int LINK = 0120000;
  private static final int CHARACTER_DEVICE = 0020000;

  private final OutputStream out;
  private long written;
  private int inode;

  CpioArchive(OutputStream out) {
    this.out = out;
  }

  void directory(String name) throws IOException {
    member(name, DIRECTORY | 0755, 2, new byte[0], 0, 0);
  }

  void file(String name, int permissions, byte[] content) throws IOException {
    member(name, FILE | permissions, 1, content, 0, 0);
  }

  void link(String name, String target) throws IOException {
    member(name, LINK | 0777, 1, target.getBytes(StandardCharsets.UTF_8), 0, 0);
  }

  void characterDevice(String name, int major, int minor) throws IOException {
    member(name, CHARACTER_DEVICE | 0600, 1, new byte[0], major, minor);
  }

  private void member(
      String name, int mode, int links, byte[] content, int deviceMajor, int deviceMinor)
      throws IOException {
    byte[] nameBytes = (name + '\0').getBytes(StandardCharsets.UTF_8);
    StringBuilder header = new StringBuilder("070701");
    int[] fields = {
      ++inode,
      mode,
      0,
      0,
      links,
      0,
      content.length,
      0,
      0,
      deviceMajor,
      deviceMinor,
      nameBytes.length,
      0
    };
    for (int field : fields) {
      header.append("%08X".formatted(field));
    }
    write(header.toString().getBytes(StandardCharsets.US_ASCII));
    write(nameBytes);
    pad();
    write(content);
    pad();
  }

  private void write(byte[] bytes) throws IOException {
    out.write(bytes);
    written += bytes.length;
  }

  private void pad() throws IOException {
    write(new byte[(int) (-written & 3)]);
  }

  @Override
  public void close() throws IOException {
    inode = -1;
    member("TRAILER!!!", 0, 1, new byte[0], 0, 0);
    out.close();
  }
}
