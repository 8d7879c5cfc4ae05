package io.vmsnap.disk.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.disk.DiskContent;
import io.vmsnap.disk.DiskTool;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What we export, qemu-img and libvmdk read. */
class DiskExportConformanceIT {
  private static final long SIZE = (600L << 20) + 7 * 512;

  @TempDir Path dir;
  private LocalStorage storage;

  @BeforeEach
  void aChainWithThreeLayers() throws IOException {
    storage = new LocalStorage(dir);
    DiskContent.sparse(dir.resolve("raw"), SIZE, 100, 11);
    run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "raw", "base.vmdk");
    create("base.vmdk", "one.vmdk");
    qemuIo("one.vmdk", "write -P 1 5M 300k", "write -z 100M 3M", "write -P 2 599M 64k");
    create("one.vmdk", "two.vmdk");
    qemuIo("two.vmdk", "write -P 3 101M 700k", "write -z 5M 128k");
    run("qemu-img", "convert", "-f", "vmdk", "-O", "raw", "two.vmdk", "expected");
  }

  @ParameterizedTest
  @EnumSource(value = ExportFormat.class, names = "VMFS_SPARSE", mode = EnumSource.Mode.EXCLUDE)
  void qemuReadsEveryFormat(ExportFormat format) throws IOException {
    try (SourceDisk source = SourceDisk.open(storage, "two.vmdk")) {
      new DiskExport(source, 6, CopyProgress.SILENT).toFile(format, storage, "out");
    }

    String driver =
        switch (format) {
          case RAW -> "raw";
          case QCOW2 -> "qcow2";
          default -> "vmdk";
        };
    assertThat(run("qemu-img", "compare", "-f", driver, "-F", "raw", "out", "expected"))
        .contains("identical");
    if (format != ExportFormat.RAW) {
      // for vmdk: tables and grains inside the file; for qcow2 also every reference count
      run("qemu-img", "check", "-f", driver, "out");
    }
    assertThat(dir.resolve("out.partial")).doesNotExist();
    assertThat(run("qemu-img", "map", "--output=json", "-f", driver, "out")).contains("\"data\"");
  }

  @ParameterizedTest
  @EnumSource(
      value = ExportFormat.class,
      names = {"MONOLITHIC_SPARSE", "STREAM_OPTIMIZED"})
  void libvmdkAndWeReadTheVmdks(ExportFormat format) throws IOException {
    try (SourceDisk source = SourceDisk.open(storage, "two.vmdk")) {
      new DiskExport(source, 1, CopyProgress.SILENT).toFile(format, storage, "out.vmdk");
    }

    assertThat(run("vmdkinfo", "out.vmdk")).contains("Number of extents").contains("600 MiB");
    assertLibvmdkReads("out.vmdk");
    try (LayeredDisk disk = VmdkChain.open(storage, "out.vmdk")) {
      DiskContent.assertSame(disk, dir.resolve("expected"));
    }
  }

  @Test
  void everyLayerOfAChainIsReadByOthers() throws IOException {
    Files.createDirectory(dir.resolve("out"));
    List<String> written;
    try (SourceDisk source = SourceDisk.open(storage, "two.vmdk")) {
      written =
          new DiskExport(source, 1, CopyProgress.SILENT)
              .toFile(ExportFormat.VMFS_SPARSE, new LocalStorage(dir.resolve("out")), "web.vmdk");
    }

    assertThat(written)
        .containsExactly(
            "web.vmdk",
            "web-flat.vmdk",
            "web-000001.vmdk",
            "web-000001-delta.vmdk",
            "web-000002.vmdk",
            "web-000002-delta.vmdk");
    run("qemu-img", "compare", "-f", "vmdk", "-F", "vmdk", "out/web-000001.vmdk", "one.vmdk");
    run("qemu-img", "compare", "-f", "vmdk", "-F", "raw", "out/web-000002.vmdk", "expected");
    assertLibvmdkReads("out/web-000002.vmdk", "out/web-000001.vmdk", "out/web.vmdk");
    try (LayeredDisk disk =
        VmdkChain.open(new LocalStorage(dir.resolve("out")), "web-000002.vmdk")) {
      DiskContent.assertSame(disk, dir.resolve("expected"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"RAW", "STREAM_OPTIMIZED"})
  void aPipeGetsTheSameBytesAsAFile(ExportFormat format) throws IOException {
    try (SourceDisk source = SourceDisk.open(storage, "two.vmdk");
        var pipe = Channels.newChannel(Files.newOutputStream(dir.resolve("piped")))) {
      DiskExport export = new DiskExport(source, 6, CopyProgress.SILENT);
      export.toFile(format, storage, "file");
      export.toStream(format, "file", pipe);
    }

    assertThat(Files.mismatch(dir.resolve("file"), dir.resolve("piped"))).isEqualTo(-1);
  }

  @Test
  void aCutStreamIsNotTakenForADisk() throws IOException {
    try (SourceDisk source = SourceDisk.open(storage, "two.vmdk")) {
      new DiskExport(source, 1, CopyProgress.SILENT)
          .toFile(ExportFormat.STREAM_OPTIMIZED, storage, "cut.vmdk");
    }
    try (RandomAccessFile file = new RandomAccessFile(dir.resolve("cut.vmdk").toFile(), "rw")) {
      file.setLength(file.length() - 512);
    }

    assertThatThrownBy(() -> VmdkChain.open(storage, "cut.vmdk"))
        .hasMessageContaining("the file is cut off");
  }

  @Test
  void anExistingFileIsNotOverwritten() throws IOException {
    Files.writeString(dir.resolve("out.raw"), "precious");
    try (SourceDisk source = SourceDisk.open(storage, "two.vmdk")) {
      DiskExport export = new DiskExport(source, 1, CopyProgress.SILENT);

      assertThatThrownBy(() -> export.toFile(ExportFormat.RAW, storage, "out.raw"))
          .isInstanceOf(java.nio.file.FileAlreadyExistsException.class);
    }
    assertThat(dir.resolve("out.raw")).hasContent("precious");
  }

  private void assertLibvmdkReads(String... chain) throws IOException {
    Path[] paths = new Path[chain.length];
    for (int i = 0; i < chain.length; i++) {
      paths[i] = dir.resolve(chain[i]);
    }
    try (LibVmdk disk = new LibVmdk(paths);
        RandomAccessFile expected = new RandomAccessFile(dir.resolve("expected").toFile(), "r")) {
      assertThat(disk.size()).isEqualTo(SIZE);
      int step = 8 << 20;
      for (long at = 0; at < SIZE; at += step) {
        byte[] want = new byte[(int) Math.min(step, SIZE - at)];
        expected.seek(at);
        expected.readFully(want);
        assertThat(java.util.Arrays.mismatch(disk.read(at, want.length), want))
            .as("libvmdk's first wrong byte after %d", at)
            .isEqualTo(-1);
      }
    }
  }

  private void create(String parent, String child) throws IOException {
    run(
        "qemu-img",
        "create",
        "-f",
        "vmdk",
        "-o",
        "zeroed_grain=on",
        "-b",
        parent,
        "-F",
        "vmdk",
        child);
  }

  private void qemuIo(String file, String... commands) throws IOException {
    List<String> command = new ArrayList<>(List.of("qemu-io", "-f", "vmdk"));
    for (String c : commands) {
      command.addAll(List.of("-c", c));
    }
    command.add(file);
    run(command.toArray(String[]::new));
  }

  private String run(String... command) throws IOException {
    return DiskTool.run(dir, command);
  }
}
