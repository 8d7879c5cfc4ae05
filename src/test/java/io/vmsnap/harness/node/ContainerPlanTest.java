package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerPlanTest {
  private static final Container CONTAINER =
      new ContainerBuilder()
          .withName("runner")
          .withCommand("vmsnap")
          .addNewVolumeMount()
          .withName("scratch")
          .withMountPath("/tmp")
          .endVolumeMount()
          .build();

  @TempDir Path directory;

  @Test
  void imageInAMountedDirectoryIsStillFound() throws Exception {
    Map<String, String> image = Map.of("PATH", "/tmp/clone/target/bin:/usr/bin");
    Map<String, String> variables =
        Map.of("PATH", "/tmp/clone/target/bin:/usr/bin", "SOCKET", "/tmp/socket");

    ContainerPlan plan =
        ContainerPlan.of(
            CONTAINER,
            variables,
            image,
            Map.of("scratch", Path.of("/volumes/scratch")),
            new PodDirectory(directory.resolve("pod"), directory.resolve("logs")));

    assertThat(plan.environment())
        .containsEntry("PATH", "/tmp/clone/target/bin:/usr/bin")
        .containsEntry("SOCKET", "/volumes/scratch/socket");
  }
}
