package io.vmsnap.harness.controlplane;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stranger's view of the control plane: kubectl against it. */
class ControlPlaneIT {
  private static final ControlPlaneBinaries BINARIES = ControlPlaneBinaries.find();

  @TempDir static Path shared;
  private static ControlPlane controlPlane;

  @BeforeAll
  static void start() {
    controlPlane = new ControlPlane(BINARIES, shared.resolve("cluster"));
    controlPlane.start();
  }

  @AfterAll
  static void stop() {
    controlPlane.close();
  }

  @Test
  void kubectlSeesTheVersion() {
    assertThat(kubectl("version", "--output=json"))
        .contains("\"gitVersion\": \"" + controlPlane.version());
  }

  @Test
  void kubeconfigIsForItsOwnerOnly() throws IOException {
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(controlPlane.kubeconfig())))
        .isEqualTo("rw-------");
  }

  @Test
  void definitionIsServedExplainedAndCheckedBySchema() throws IOException {
    kubectl("apply", "-f", manifest("widget-crd.yaml"));
    kubectl("wait", "--for=condition=Established", "crd/widgets.test.vmsnap.io", "--timeout=30s");

    assertThat(kubectl("apply", "--server-side", "-f", manifest("widget.yaml")))
        .contains("serverside-applied");

    assertThat(kubectl("get", "widgets")).contains("gear").contains("12");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(kubectl("explain", "widget.spec")).contains("how many teeth"));
    assertThatThrownBy(() -> kubectl("apply", "-f", manifest("invalid-widget.yaml")))
        .hasMessageContaining("spec.teeth");
  }

  @Test
  void serverSideApplyReportsConflictingFieldManagers() throws IOException {
    Path mine = configMap("shared", "value: mine");
    Path yours = configMap("shared", "value: yours");
    kubectl("apply", "--server-side", "--field-manager=me", "-f", mine.toString());

    assertThatThrownBy(
            () -> kubectl("apply", "--server-side", "--field-manager=you", "-f", yours.toString()))
        .hasMessageContaining("conflict");
  }

  @Test
  void ownedObjectIsCollectedAfterItsOwner() throws IOException {
    kubectl("create", "configmap", "owner");
    String uid = kubectl("get", "configmap", "owner", "--output=jsonpath={.metadata.uid}");
    Path owned = shared.resolve("owned.yaml");
    Files.writeString(
        owned,
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: owned
          ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: %s}]
        """
            .formatted(uid));
    kubectl("apply", "-f", owned.toString());

    kubectl("delete", "configmap", "owner");

    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> kubectl("get", "configmap", "--output=name"), s -> !s.contains("/owned"));
  }

  @Test
  void podIsAdmittedWithATokenOfItsServiceAccount() {
    kubectl("run", "admitted", "--image=none", "--restart=Never");

    assertThat(kubectl("get", "pod", "admitted", "--output=jsonpath={.spec.serviceAccountName}"))
        .isEqualTo("default");
    assertThat(kubectl("get", "pod", "admitted", "--output=jsonpath={.status.phase}"))
        .isEqualTo("Pending");
  }

  @Test
  void storeRefusesWhoHasNoCertificateOfItsOwnAuthority() throws Exception {
    String etcd = etcdUrl();
    Path pki = shared.resolve("cluster/pki");
    List<String> curl =
        List.of("curl", "-sS", "--max-time", "10", "--cacert", pki + "/etcd/ca.crt");
    List<String> admin = List.of("--cert", pki + "/admin.crt", "--key", pki + "/admin.key");
    List<String> own =
        List.of("--cert", pki + "/etcd/client.crt", "--key", pki + "/etcd/client.key");

    assertThat(run(curl, List.of(etcd + "/health")).status()).isNotZero();
    assertThat(run(curl, admin, List.of(etcd + "/health")).status()).isNotZero();
    assertThat(run(curl, own, List.of(etcd + "/health")).output()).contains("\"health\":\"true\"");
  }

  @Test
  void nothingListensBeyondLoopback() throws IOException {
    List<String> open = new ArrayList<>();
    for (long pid : controlPlane.pids()) {
      open.addAll(ListeningSockets.of(pid));
    }

    assertThat(open).isNotEmpty().allSatisfy(a -> assertThat(a).startsWith("127.0.0.1:"));
  }

  @Test
  void secondOneInTheSameDirectoryIsRefused() {
    ControlPlane second = new ControlPlane(BINARIES, shared.resolve("cluster"));

    assertThatThrownBy(second::start)
        .isInstanceOf(ControlPlaneException.class)
        .hasMessageContaining("already runs");
    assertThat(controlPlane.isAlive()).isTrue();
  }

  @Test
  void laterOneContinuesTheCluster(@TempDir Path directory) throws Exception {
    Path kubeconfig;
    List<Long> pids;
    try (ControlPlane first = new ControlPlane(BINARIES, directory)) {
      first.start();
      kubeconfig = first.kubeconfig();
      kubectl(kubeconfig, "create", "configmap", "kept", "--from-literal=k=v");
      pids = first.pids();
    }
    assertThat(pids).hasSize(3).noneMatch(p -> ProcessHandle.of(p).isPresent());

    try (ControlPlane second = new ControlPlane(BINARIES, directory)) {
      second.start();
      assertThat(kubectl(kubeconfig, "get", "configmap", "kept", "--output=jsonpath={.data.k}"))
          .isEqualTo("v");
    }
  }

  @Test
  void serversDieWithAJvmThatIsKilled(@TempDir Path directory) throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ControlPlaneVictim.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Long> pids = new ArrayList<>();
    for (String pid : jvm.inputReader().readLine().split(" ")) {
      pids.add(Long.parseLong(pid));
    }
    assertThat(pids).hasSize(3).allMatch(p -> ProcessHandle.of(p).isPresent());

    jvm.destroyForcibly();

    await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> pids.stream().noneMatch(ControlPlaneIT::running));
  }

  private static boolean running(long pid) {
    // An orphan that nobody waits for stays as a zombie, which has no command line.
    return ProcessHandle.of(pid).flatMap(p -> p.info().command()).isPresent();
  }

  private static String etcdUrl() throws IOException {
    String option = "--listen-client-urls=";
    return commandLine(controlPlane.pids().getFirst()).stream()
        .filter(a -> a.startsWith(option))
        .map(a -> a.substring(option.length()))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> commandLine(long pid) throws IOException {
    return List.of(Files.readString(Path.of("/proc/" + pid + "/cmdline")).split("\0"));
  }

  private static Path configMap(String name, String data) throws IOException {
    Path file = Files.createTempFile(shared, name, ".yaml");
    return Files.writeString(
        file,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {" + data + "}\n");
  }

  private static String manifest(String name) {
    return "src/test/resources/ControlPlaneIT/" + name;
  }

  private static String kubectl(String... arguments) {
    return kubectl(controlPlane.kubeconfig(), arguments);
  }

  private static String kubectl(Path kubeconfig, String... arguments) {
    Result result =
        run(
            List.of(BINARIES.kubectl().orElseThrow().toString(), "--kubeconfig=" + kubeconfig),
            List.of(arguments));
    if (result.status() != 0) {
      throw new AssertionError("kubectl " + String.join(" ", arguments) + ": " + result.output());
    }
    return result.output();
  }

  @SafeVarargs
  private static Result run(List<String>... parts) {
    try {
      List<String> command = new ArrayList<>();
      List.of(parts).forEach(command::addAll);
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
      return new Result(process.exitValue(), output);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private record Result(int status, String output) {}
}
