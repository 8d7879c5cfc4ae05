package io.vmsnap.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operator, runners and jobs may run where the Pod Security Standard "restricted" is enforced. */
class RestrictedPodSecurityTest {
  /** The operator's Deployment, and what the operator makes of machines and snapshots. */
  static Stream<Path> manifests() throws IOException {
    Path derived = Path.of("src/test/resources/DerivedResourcesTest");
    Stream<Path> pods =
        Files.walk(derived)
            .filter(f -> f.endsWith("out-pod.yaml") || f.endsWith("out-job.yaml"))
            .sorted();
    return Stream.concat(Stream.of(Path.of("deploy/base/deployment.yaml")), pods);
  }

  @ParameterizedTest
  @MethodSource("manifests")
  void podIsAdmitted(Path file) throws IOException {
    HasMetadata object = Serialization.unmarshal(Files.readString(file));
    PodSpec pod =
        switch (object) {
          case Deployment deployment -> deployment.getSpec().getTemplate().getSpec();
          case Job job -> job.getSpec().getTemplate().getSpec();
          case Pod itself -> itself.getSpec();
          default -> throw new AssertionError(file + " is a " + object.getKind());
        };

    assertThat(RestrictedPodSecurity.violations(pod)).isEmpty();
  }

  @Test
  void podOfNoParticularCareIsNot() {
    Container container =
        new ContainerBuilder()
            .withName("main")
            .withNewSecurityContext()
            .withPrivileged(true)
            .endSecurityContext()
            .build();
    PodSpec pod =
        new PodSpecBuilder()
            .withHostNetwork(true)
            .withContainers(container, new ContainerBuilder().withName("other").build())
            .addNewVolume()
            .withName("root")
            .withNewHostPath("/", "Directory")
            .endVolume()
            .build();

    assertThat(RestrictedPodSecurity.violations(pod))
        .containsExactly(
            "host namespaces",
            "volume type of root",
            "runAsNonRoot != true",
            "seccompProfile",
            "main: privileged",
            "main: allowPrivilegeEscalation != false",
            "main: capabilities.drop != ALL",
            "other: no securityContext");
  }
}
