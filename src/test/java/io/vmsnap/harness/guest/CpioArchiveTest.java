package io.vmsnap.harness.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.harness.tool.Tool;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpioArchiveTest {
  @TempDir Path directory;

  @Test
  void systemCpioUnpacksIt() throws Exception {
    Path file = directory.resolve("archive.cpio");
    try (OutputStream out = Files.newOutputStream(file);
        CpioArchive archive = new CpioArchive(out)) {
      archive.directory("bin");
      archive.file("bin/odd", 0755, new byte[] {1, 2, 3});
      archive.file("empty", 0600, new byte[0]);
      archive.link("bin/sh", "odd");
    }

    Tool.of("cpio", "-i", "--quiet", "-F", file.toString()).in(directory).output();

    assertThat(directory.resolve("bin/odd")).hasBinaryContent(new byte[] {1, 2, 3}).isExecutable();
    assertThat(directory.resolve("empty")).isEmptyFile();
    assertThat(Files.readSymbolicLink(directory.resolve("bin/sh"))).hasToString("odd");
  }
}
