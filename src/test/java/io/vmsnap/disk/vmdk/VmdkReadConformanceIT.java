package io.vmsnap.disk.vmdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskContent;
import io.vmsnap.disk.DiskTool;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What qemu-img writes, we read. */
class VmdkReadConformanceIT {
  private static final long SIZE = (70L << 20) + 3 * 512;

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({
    "monolithicSparse, ''",
    "monolithicSparse, zeroed_grain=on",
    "monolithicSparse, compat6",
    "monolithicFlat, ''",
    "twoGbMaxExtentSparse, ''",
    "twoGbMaxExtentFlat, ''",
    "streamOptimized, ''",
  })
  void readsWhatQemuImgWrites(String subformat, String option) throws IOException {
    Path raw = DiskContent.sparse(dir.resolve("raw"), SIZE, 60, 1);
    String options = "subformat=" + subformat + (option.isEmpty() ? "" : "," + option);

    qemuImg("convert", "-f", "raw", "-O", "vmdk", "-o", options, "raw", "disk.vmdk");

    try (LayeredDisk disk = VmdkChain.open(new LocalStorage(dir), "disk.vmdk")) {
      DiskContent.assertSame(disk, raw);
      DiskContent.assertSameAtRandom(disk, raw, 200, 2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"twoGbMaxExtentSparse", "twoGbMaxExtentFlat"})
  void readsSeveralExtents(String subformat) throws IOException {
    long size = (4500L << 20);
    Path raw = DiskContent.sparse(dir.resolve("raw"), size, 80, 3);
    qemuImg(
        "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=" + subformat, "raw", "disk.vmdk");

    try (LayeredDisk disk = VmdkChain.open(new LocalStorage(dir), "disk.vmdk")) {
      assertThat(((VmdkLayer) disk.layers().getFirst()).files()).hasSize(4);
      DiskContent.assertSameAtRandom(disk, raw, 300, 4);
      long boundary = 2047L << 20;
      byte[] around = new byte[1 << 20];
      try (var file = new java.io.RandomAccessFile(raw.toFile(), "r")) {
        file.seek(boundary - around.length / 2);
        file.readFully(around);
      }
      DiskContent.assertSame(disk, boundary - around.length / 2, around);
    }
  }

  @Test
  void readsAChainWithZeroedGrainsThatHideTheParent() throws IOException {
    DiskContent.sparse(dir.resolve("raw"), SIZE, 60, 5);
    qemuImg("convert", "-f", "raw", "-O", "vmdk", "raw", "base.vmdk");
    String zero = "zeroed_grain=on";
    qemuImg("create", "-f", "vmdk", "-o", zero, "-b", "base.vmdk", "-F", "vmdk", "child.vmdk");
    qemuIo("child.vmdk", "write -P 7 1M 300k", "write -z 8M 4M", "write -P 9 69M 64k");
    qemuImg("create", "-f", "vmdk", "-o", zero, "-b", "child.vmdk", "-F", "vmdk", "grand.vmdk");
    qemuIo("grand.vmdk", "write -P 3 9M 1M", "write -z 1M 128k");
    qemuImg("convert", "-f", "vmdk", "-O", "raw", "grand.vmdk", "expected");

    try (LayeredDisk disk = VmdkChain.open(new LocalStorage(dir), "grand.vmdk")) {
      assertThat(disk.layers()).hasSize(3);
      DiskContent.assertSame(disk, dir.resolve("expected"));
      DiskContent.assertSameAtRandom(disk, dir.resolve("expected"), 200, 6);
    }
  }

  @Test
  void noticesAParentThatWasWrittenLater() throws IOException {
    qemuImg("create", "-f", "vmdk", "base.vmdk", "8M");
    qemuImg("create", "-f", "vmdk", "-b", "base.vmdk", "-F", "vmdk", "child.vmdk");
    qemuIo("base.vmdk", "write 0 64k");

    assertThatThrownBy(() -> VmdkChain.open(new LocalStorage(dir), "child.vmdk"))
        .isInstanceOf(CorruptDiskException.class)
        .hasMessageContaining("child.vmdk: parentCID is ");
  }

  private void qemuImg(String... arguments) throws IOException {
    String[] command = new String[arguments.length + 1];
    command[0] = "qemu-img";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    DiskTool.run(dir, command);
  }

  private void qemuIo(String file, String... commands) throws IOException {
    var command = new java.util.ArrayList<>(java.util.List.of("qemu-io", "-f", "vmdk"));
    for (String c : commands) {
      command.add("-c");
      command.add(c);
    }
    command.add(file);
    DiskTool.run(dir, command.toArray(String[]::new));
  }
}
