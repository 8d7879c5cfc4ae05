package io.vmsnap.harness.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlPlaneBinariesTest {
  private static final String[] SERVERS = {"kube-apiserver", "kube-controller-manager"};

  @TempDir Path home;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void etcdIsOnThePath() throws IOException {
    programs("usr/bin", "etcd");
    environment.put("PATH", "/nonexistent::" + home.resolve("usr/bin"));
  }

  @Test
  void chosenDirectoryComesFirst() throws IOException {
    environment.put("KUBEBUILDER_ASSETS", programs("chosen", SERVERS).toString());
    programs(".kubeapitest/k8s/1.33.0-linux-amd64", SERVERS);

    assertThat(find().apiServer()).isEqualTo(home.resolve("chosen/kube-apiserver"));
  }

  @Test
  void etcdBesideTheServersComesBeforeThePath() throws IOException {
    programs(".kubeapitest/k8s/1.33.0-linux-amd64", SERVERS);
    programs(".kubeapitest/k8s/1.33.0-linux-amd64", "etcd");

    assertThat(find().etcd()).isEqualTo(home.resolve(".kubeapitest/k8s/1.33.0-linux-amd64/etcd"));
  }

  @Test
  void directoryWithoutControllerManagerIsPassedOver() throws IOException {
    environment.put("KUBEBUILDER_ASSETS", programs("envtest", "kube-apiserver").toString());
    programs(".cache/vmsnap/kubernetes/1.20.2-linux-amd64", SERVERS);

    assertThat(find().controllerManager())
        .isEqualTo(
            home.resolve(".cache/vmsnap/kubernetes/1.20.2-linux-amd64/kube-controller-manager"));
  }

  @Test
  void newestInTheCacheCounts() throws IOException {
    environment.put("XDG_CACHE_HOME", home.resolve("cache").toString());
    programs("cache/vmsnap/kubernetes/1.9.11-linux-amd64", SERVERS);
    programs("cache/vmsnap/kubernetes/1.31.4-linux-amd64", SERVERS);
    programs("cache/vmsnap/kubernetes/build", SERVERS);

    assertThat(find().apiServer())
        .isEqualTo(home.resolve("cache/vmsnap/kubernetes/1.31.4-linux-amd64/kube-apiserver"));
  }

  @Test
  void nothingFoundSaysWhereAndWhatToDo() {
    environment.put("KUBEBUILDER_ASSETS", "/nonexistent");

    assertThatThrownBy(this::find)
        .isInstanceOf(ControlPlaneException.class)
        .hasMessageContaining("./vmsnap setup")
        .hasMessageContaining("/nonexistent");
  }

  @Test
  void absentEtcdIsNamed() throws IOException {
    programs(".kubeapitest/k8s/1.33.0-linux-amd64", SERVERS);
    environment.put("PATH", "");

    assertThatThrownBy(this::find).hasMessageContaining("no etcd");
  }

  private ControlPlaneBinaries find() {
    return ControlPlaneBinaries.find(environment, home);
  }

  private Path programs(String directory, String... names) throws IOException {
    Path place = Files.createDirectories(home.resolve(directory));
    for (String name : names) {
      Path file = Files.createFile(place.resolve(name));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    return place;
  }
}
