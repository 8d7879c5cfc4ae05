package io.vmsnap.harness.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo guest under a plain QEMU: no part of ours but the guest. */
class GuestImageIT {
  private static final Pattern TENTH_RECORD = Pattern.compile("vmsnap: records [1-9]\\d");

  @TempDir Path directory;

  @Test
  void writesUntilThePowerButtonThenVerifies() throws Exception {
    GuestImage image = GuestImage.get(System.out::println);
    Path disk = directory.resolve("data.img");
    Tool.of("cp", "--sparse=always", image.data().toString(), disk.toString()).output();

    Path written = directory.resolve("writer.log");
    Process writer = boot(image, disk, "writer", written);
    try {
      await()
          .atMost(Duration.ofSeconds(90))
          .until(() -> TENTH_RECORD.matcher(Files.readString(written)).find());
      pressPowerButton();
      assertThat(writer.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      writer.destroyForcibly();
    }
    assertThat(written).content().contains("writer stopped", "guest powers off");

    Path verified = directory.resolve("verify.log");
    Process verifier = boot(image, disk, "verify", verified);
    try {
      assertThat(verifier.waitFor(90, TimeUnit.SECONDS)).isTrue();
    } finally {
      verifier.destroyForcibly();
    }
    String count = lastCount(Files.readString(written));
    assertThat(verified).content().contains("vmsnap: verify ok records " + count + " ");
  }

  private Process boot(GuestImage image, Path disk, String mode, Path log) throws IOException {
    return new ProcessBuilder(
            "qemu-system-x86_64",
            "-accel",
            "tcg",
            "-cpu",
            "max",
            "-machine",
            "q35",
            "-m",
            "256",
            "-nodefaults",
            "-display",
            "none",
            "-no-reboot",
            "-serial",
            "stdio",
            "-kernel",
            image.kernel().toString(),
            "-initrd",
            image.initrd().toString(),
            "-append",
            GuestImage.CMDLINE + " vmsnap.mode=" + mode,
            "-qmp",
            "unix:qmp.sock,server=on,wait=off",
            "-blockdev",
            "driver=raw,node-name=data,file.driver=file,file.filename=" + disk,
            "-device",
            "virtio-blk-pci,drive=data")
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(log.toFile())
        .start();
  }

  private void pressPowerButton() throws IOException {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("qmp.sock"));
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(address);
      for (String command : new String[] {"qmp_capabilities", "system_powerdown"}) {
        channel.read(ByteBuffer.allocate(65536));
        channel.write(StandardCharsets.UTF_8.encode("{\"execute\":\"%s\"}\n".formatted(command)));
      }
      channel.read(ByteBuffer.allocate(65536));
    }
  }

  private static String lastCount(String log) {
    var matcher = Pattern.compile("vmsnap: records (\\d+), writer stopped").matcher(log);
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }
}
