package io.vmsnap.harness.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.harness.cluster.VmsnapHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagePartsTest {
  @TempDir Path folder;

  @Test
  void packagesOfTheImageAreFoundInItsDockerfile() throws Exception {
    assertThat(new ImageParts(VmsnapHome.ofThisProject().project()).packages())
        .allSatisfy(part -> assertThat(part.bytes()).isPositive())
        .extracting(ImageParts.Package::name)
        .isSubsetOf("qemu-system-x86", "qemu-utils", "ovmf", "ca-certificates");
  }

  @Test
  void anotherDockerfileIsTold() throws Exception {
    Files.writeString(folder.resolve("Dockerfile"), "FROM scratch");

    assertThatThrownBy(() -> new ImageParts(folder).java(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Dockerfile");
  }
}
