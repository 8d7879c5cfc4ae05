package io.vmsnap.harness.guest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * Programs for one guest in the place of the image's own: a second archive behind the first in its
 * initial file system, which Linux unpacks over it.
 */
public final class GuestOverlay {
  private GuestOverlay() {}

  /** The image's initial file system with these files instead of its own, executable. */
  public static void write(GuestImage image, Path initrd, Map<String, byte[]> files)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (CpioArchive archive = new CpioArchive(bytes)) {
      for (Map.Entry<String, byte[]> file : new TreeMap<>(files).entrySet()) {
        archive.file(file.getKey(), 0755, file.getValue());
      }
    }
    Files.copy(image.initrd(), initrd);
    try (OutputStream out = Files.newOutputStream(initrd, StandardOpenOption.APPEND)) {
      out.write(new byte[(int) (-Files.size(initrd) & 3)]); // an archive begins at a multiple of 4
      bytes.writeTo(out);
    }
  }

  /** The image's writer, for those who put another program in its place and run it too. */
  public static byte[] diskWriter() throws IOException {
    try (InputStream in = GuestOverlay.class.getResourceAsStream("writer")) {
      return in.readAllBytes();
    }
  }
}
