package io.vmsnap.harness.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerArgumentsTest {
  private static final KubernetesVersion OLD = KubernetesVersion.parse("v1.20.2");
  private static final KubernetesVersion NEW = KubernetesVersion.parse("v1.34.1");
  private static final EtcdServer ETCD = new EtcdServer(20001, 20002, Path.of("/data"), true);

  @TempDir Path directory;
  private ControlPlanePki pki;

  @BeforeEach
  void issue() throws IOException {
    pki = ControlPlanePki.in(directory);
  }

  @Test
  void etcdIsNeverOpenToOthers() {
    assertThat(ETCD.arguments(pki))
        .contains("--client-cert-auth=true", "--peer-client-cert-auth=true")
        .filteredOn(a -> a.contains("-urls="))
        .isNotEmpty()
        .allSatisfy(a -> assertThat(a).contains("=https://127.0.0.1:"));
  }

  @Test
  void etcdWithoutTheOptionIsNotGivenIt() {
    EtcdServer plain = new EtcdServer(20001, 20002, Path.of("/data"), false);

    assertThat(ETCD.arguments(pki)).contains("--unsafe-no-fsync");
    assertThat(plain.arguments(pki)).doesNotContain("--unsafe-no-fsync");
  }

  @Test
  void apiServerTrustsAnotherAuthorityThanEtcd() {
    List<String> arguments = new ApiServer(20003, NEW).arguments(pki, ETCD);

    assertThat(value(arguments, "--client-ca-file"))
        .isNotEqualTo(value(arguments, "--etcd-cafile"));
    assertThat(arguments).contains("--bind-address=127.0.0.1", "--anonymous-auth=false");
  }

  @Test
  void jobsExpireOnOldReleasesToo() {
    assertThat(new ApiServer(1, OLD).arguments(pki, ETCD)).contains(ApiServer.JOB_TTL_GATE);
    assertThat(new ApiServer(1, NEW).arguments(pki, ETCD)).doesNotContain(ApiServer.JOB_TTL_GATE);
    assertThat(controllers(OLD)).contains(ApiServer.JOB_TTL_GATE);
    assertThat(controllers(NEW)).doesNotContain(ApiServer.JOB_TTL_GATE);
  }

  @Test
  void controllerManagerOpensNoPort() {
    assertThat(controllers(OLD)).contains("--port=0", "--secure-port=0");
    assertThat(controllers(NEW)).contains("--secure-port=0").doesNotContain("--port=0");
  }

  private List<String> controllers(KubernetesVersion version) {
    return new ControllerManager(version).arguments(pki, Path.of("/kubeconfig"));
  }

  private static String value(List<String> arguments, String option) {
    return arguments.stream().filter(a -> a.startsWith(option + "=")).findFirst().orElseThrow();
  }
}
