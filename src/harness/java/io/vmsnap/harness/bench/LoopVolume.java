package io.vmsnap.harness.bench;

import io.vmsnap.harness.tool.Tool;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system in a sparse file, mounted for the time of a measurement; needs root. */
public final class LoopVolume implements Closeable {
  private final Path image;
  private final Path mount;

  private LoopVolume(Path image, Path mount) {
    this.image = image;
    this.mount = mount;
  }

  /**
   * @param command what makes the file system, without the file
   */
  public static LoopVolume mount(Path folder, String name, long bytes, String... command)
      throws IOException, InterruptedException {
    Path image = folder.resolve(name + ".img");
    Path mount = folder.resolve(name);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
    try {
      Tool.of(command).and(image.toString()).output();
      Files.createDirectory(mount);
      Tool.of("mount", "-o", "loop", image.toString(), mount.toString()).output();
      return new LoopVolume(image, mount);
    } catch (IOException e) {
      Files.deleteIfExists(mount);
      Files.delete(image);
      throw e;
    }
  }

  public Path path() {
    return mount;
  }

  @Override
  public void close() throws IOException {
    try {
      Tool.of("umount", mount.toString()).output();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while unmounting " + mount, e);
    }
    Files.delete(mount);
    Files.delete(image);
  }
}
