package io.vmsnap.harness.script;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./vmsnap} where things are missing or fail; its good days are every run of the tests. */
class VmsnapScriptTest {
  private static final Path SCRIPT = Path.of("vmsnap").toAbsolutePath();
  private static final String PARTS = "src/harness/sh";
  private static final String PROGRAM = "#!/bin/sh\necho Kubernetes v1.31.4\n";

  /** What the machine itself has of JDKs is out of sight. */
  private static final String WITHOUT_JDK =
      "jdk_package() { return 1; }; jdk_on_path() { :; }; "
          + "jdk_new_enough() { [[ $1 == $JDKS/* && -x $1/bin/javac ]]; }; ";

  @TempDir Path home;
  private final Map<String, String> environment = new TreeMap<>();

  @BeforeEach
  void liveInATemporaryHome() {
    environment.put("HOME", home.toString());
    environment.put("PATH", System.getenv("PATH"));
    environment.put("LANG", "C.UTF-8");
  }

  @Test
  void helpListsTheCommands() throws Exception {
    Result result = run(SCRIPT.toString(), "help");

    assertThat(result.status()).isZero();
    assertThat(result.output()).contains("demo [--keep]", "test [MVN-ARG...]", "setup", "dev");
  }

  @Test
  void shellcheckFindsNothing() throws Exception {
    assumeThat(
            System.getenv("CI") != null || run("sh", "-c", "command -v shellcheck").status() == 0)
        .as("shellcheck is installed (it has to be in CI)")
        .isTrue();
    List<String> command = new ArrayList<>(List.of("shellcheck", "-x", "vmsnap", ".ci/run"));
    try (Stream<Path> parts = Files.list(Path.of(PARTS))) {
      parts.map(Path::toString).sorted().forEach(command::add);
    }

    Result result = run(command.toArray(String[]::new));

    assertThat(result.output()).isEmpty();
    assertThat(result.status()).isZero();
  }

  @Test
  void failedStepIsNamedWithItsStatusAndLog() throws Exception {
    Result result = functions("logged sample 'counting sheep' sh -c 'echo no sheep left; exit 3'");

    assertThat(result.status()).isEqualTo(3);
    assertThat(result.output())
        .contains("counting sheep: failed with status 3")
        .contains(home + "/.cache/vmsnap/logs/sample.log")
        .contains("no sheep left");
  }

  @Test
  void killedStepIsNamedWithTheSignal() throws Exception {
    Result result = functions("logged sample 'counting sheep' sh -c 'kill -9 $$'");

    assertThat(result.status()).isEqualTo(128 + 9);
    assertThat(result.output()).contains("counting sheep: failed with status 137");
  }

  @Test
  void mavenFailureShowsItsFirstErrors() throws Exception {
    Result result =
        functions(
            "logged sample building sh -c "
                + "'echo [ERROR] the cause; for i in 1 2 3 4 5 6; do echo [INFO] talk; done; exit 1'");

    assertThat(result.output()).contains("[ERROR] the cause").doesNotContain("talk");
  }

  @Test
  void interruptedRunLeavesNoProcessBehind() throws Exception {
    Process script =
        start("bash", "-c", prelude() + "logged sample waiting sh -c 'echo $$; sleep 600'");
    Path log = home.resolve(".cache/vmsnap/logs/sample.log");
    while (!Files.exists(log) || Files.size(log) == 0) {
      assertThat(script.isAlive()).isTrue();
      TimeUnit.MILLISECONDS.sleep(20);
    }
    ProcessHandle step =
        ProcessHandle.of(Long.parseLong(Files.readString(log).strip())).orElseThrow();

    script.destroy();

    assertThat(script.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(script.exitValue()).isEqualTo(128 + 15);
    step.onExit().get(20, TimeUnit.SECONDS);
  }

  @Test
  void absentJdkSaysWhereToGetOne() throws Exception {
    environment.put("VMSNAP_JDK_URL", "http://127.0.0.1:1");

    Result result = functions("find_jdk() { return 1; }; jdk_package() { return 1; }; ensure_jdk");

    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output()).contains("no JDK 25 found", "https://adoptium.net", "JAVA_HOME");
  }

  @Test
  void jdkThatNobodyPackagesIsDownloadedAndChecked() throws Exception {
    try (JdkRelease release = new JdkRelease(home.resolve("site"), false)) {
      environment.put("VMSNAP_JDK_URL", release.url());
      environment.put("JAVA_HOME", "/nowhere");

      Result result = functions(WITHOUT_JDK + "ensure_jdk; echo found $JAVA_HOME");

      assertThat(result.status()).as(result.output()).isZero();
      assertThat(result.output()).contains("found " + home + "/.cache/vmsnap/jdk/temurin-25");
    }
  }

  @Test
  void jdkThatIsNotWhatWasAnnouncedIsNotUsed() throws Exception {
    try (JdkRelease release = new JdkRelease(home.resolve("site"), true)) {
      environment.put("VMSNAP_JDK_URL", release.url());
      environment.put("JAVA_HOME", "/nowhere");

      Result result = functions(WITHOUT_JDK + "ensure_jdk");

      assertThat(result.status()).isEqualTo(1);
      assertThat(result.output()).contains("FAILED", "the download failed");
      assertThat(home.resolve(".cache/vmsnap/jdk/temurin-25")).doesNotExist();
    }
  }

  @Test
  void runtimeWithoutCompilerIsNoJdk() throws Exception {
    Path jre = Files.createDirectories(home.resolve("jre"));
    Files.writeString(jre.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    Path old = Files.createDirectories(home.resolve("old"));
    Files.writeString(old.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
    program(old.resolve("bin/javac"), "#!/bin/sh\n");

    assertThat(functions("jdk_new_enough " + jre).status()).isEqualTo(1);
    assertThat(functions("jdk_new_enough " + old).status()).isEqualTo(1);
    assertThat(functions("jdk_new_enough '" + System.getProperty("java.home") + "'").status())
        .isZero();
  }

  @Test
  void offlineRunNamesWhatIsMissing() throws Exception {
    environment.put("VMSNAP_OFFLINE", "1");

    Result result =
        functions("has() { return 1; }; qemu_new_enough() { true; }; ensure_tools test");

    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output()).contains("libvmdk-utils", "VMSNAP_OFFLINE");
    assertThat(home.resolve(".cache/vmsnap/apt")).doesNotExist();
  }

  @Test
  void failedPackageListsAreReportedNotPassedOver() throws Exception {
    program(home.resolve("fake/apt-get"), "#!/bin/sh\necho 'E: no route to host' >&2\nexit 100\n");
    environment.put("PATH", home.resolve("fake") + ":" + environment.get("PATH"));

    Result result = functions("install_packages 'to see it fail' '' xfsprogs");

    assertThat(result.status()).isEqualTo(1);
    assertThat(result.output()).contains("E: no route to host", "Needed: xfsprogs");
  }

  @Test
  void directoryWithoutControllerManagerIsNoControlPlane() throws Exception {
    Path assets = home.resolve("assets");
    program(assets.resolve("kube-apiserver"), PROGRAM);
    Path cached = home.resolve(".cache/vmsnap/kubernetes/1.20.2-linux-amd64");
    program(cached.resolve("kube-apiserver"), PROGRAM);
    program(cached.resolve("kube-controller-manager"), PROGRAM);
    environment.put("KUBEBUILDER_ASSETS", assets.toString());

    assertThat(functions("find_kubernetes").output().strip()).isEqualTo(cached.toString());

    program(assets.resolve("kube-controller-manager"), PROGRAM);

    assertThat(functions("find_kubernetes").output().strip()).isEqualTo(assets.toString());
  }

  @Test
  void downloadIsCheckedAndPublishedWhole() throws Exception {
    try (Release release = new Release(sha256(PROGRAM))) {
      environment.put("VMSNAP_KUBERNETES_URL", release.url());

      Result result = functions("provision_kubernetes && find_kubernetes");

      assertThat(result.status()).as(result.output()).isZero();
      assertThat(result.output()).contains("kubernetes/1.31.4-linux-");
    }
  }

  @Test
  void downloadThatDoesNotMatchItsChecksumIsNotUsed() throws Exception {
    try (Release release = new Release("0".repeat(64))) {
      environment.put("VMSNAP_KUBERNETES_URL", release.url());

      Result result =
          functions("build_kubernetes() { die 'built instead'; }; provision_kubernetes");

      assertThat(result.status()).isEqualTo(1);
      assertThat(result.output()).contains("FAILED", "built instead");
      assertThat(functions("find_kubernetes").status()).isEqualTo(1);
    }
  }

  @Test
  void brokenBuildPublishesNothingAndIsReported() throws Exception {
    Path workspace = home.resolve(".cache/vmsnap/kubernetes/build/gopath");
    Files.createDirectories(workspace.resolve("src/k8s.io/kubernetes"));
    Files.writeString(workspace.resolve("version"), "1.20.2\n");
    program(home.resolve("fake/make"), "#!/bin/sh\necho 'undefined: everything'\nexit 2\n");
    environment.put("PATH", home.resolve("fake") + ":" + environment.get("PATH"));

    Result result =
        functions(
            "kubernetes_downloadable() { return 1; }; update_lists() { :; }; provision_kubernetes");

    assertThat(result.status()).isNotZero();
    assertThat(result.output()).contains("undefined: everything", "make ended with status 2");
    assertThat(functions("find_kubernetes").status()).isEqualTo(1);
  }

  @Test
  void finishedBuildIsPublishedAndItsWorkspaceRemoved() throws Exception {
    Path build = home.resolve(".cache/vmsnap/kubernetes/build");
    Files.createDirectories(build.resolve("gopath/src/k8s.io/kubernetes"));
    Files.writeString(build.resolve("gopath/version"), "1.20.2\n");
    program(
        home.resolve("fake/make"),
        """
        #!/bin/sh
        . "$KUBE_GIT_VERSION_FILE"
        mkdir -p _output/bin
        for program in kube-apiserver kube-controller-manager kubectl; do
          printf '#!/bin/sh\\necho Kubernetes %s\\n' "$KUBE_GIT_VERSION" >_output/bin/$program
          chmod +x _output/bin/$program
        done
        """);
    environment.put("PATH", home.resolve("fake") + ":" + environment.get("PATH"));

    Result result =
        functions("kubernetes_downloadable() { return 1; }; provision_kubernetes; find_kubernetes");

    assertThat(result.status()).as(result.output()).isZero();
    assertThat(result.output()).contains("Kubernetes v1.20.2", "kubernetes/1.20.2-linux-");
    assertThat(build).doesNotExist();
  }

  private static String prelude() {
    return "set -euo pipefail; PROJECT='%s'; CACHE=$HOME/.cache/vmsnap; "
            .formatted(SCRIPT.getParent())
        + "for part in output packages tools jdk kubernetes maven; do . \"$PROJECT/"
        + PARTS
        + "/$part.sh\"; done; ";
  }

  private Result functions(String commands) throws Exception {
    return run("bash", "-c", prelude() + commands);
  }

  private Result run(String... command) throws Exception {
    Process process = start(command);
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), output);
  }

  private Process start(String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static void program(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static String sha256(String text) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
  }

  private record Result(int status, String output) {}

  /** A download site whose every program is the same small script. */
  private record Release(HttpServer server) implements AutoCloseable {
    Release(String checksum) throws IOException {
      this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
      server.createContext(
          "/",
          exchange -> {
            boolean sum = exchange.getRequestURI().getPath().endsWith(".sha256");
            byte[] body = (sum ? checksum : PROGRAM).getBytes(UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      server.start();
    }

    String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort() + "/release";
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  /** Answers as Adoptium's API does, with an archive of one small program. */
  private record JdkRelease(HttpServer server) implements AutoCloseable {
    JdkRelease(Path site, boolean damaged) throws Exception {
      this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
      program(site.resolve("jdk-25.0.1+8/bin/javac"), PROGRAM);
      Path archive = site.resolve("jdk.tar.gz");
      Process tar =
          new ProcessBuilder(
                  "tar", "-czf", archive.toString(), "-C", site.toString(), "jdk-25.0.1+8")
              .start();
      assertThat(tar.waitFor()).isZero();
      byte[] bytes = Files.readAllBytes(archive);
      String checksum =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
      String listing =
          """
          [{"binary": {"package": {
              "checksum": "%s",
              "checksum_link": "%s/jdk.tar.gz.sha256.txt",
              "link": "%s/jdk.tar.gz"}}}]
          """
              .formatted(damaged ? "0".repeat(64) : checksum, url(), url());
      server.createContext("/assets/latest/25/hotspot", exchange -> answer(exchange, listing));
      server.createContext("/jdk.tar.gz", exchange -> answer(exchange, bytes));
      server.start();
    }

    String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
      answer(exchange, text.getBytes(UTF_8));
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
