package io.vmsnap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that starts everything, with a Java that only says how it was called. */
class LauncherTest {
  private static final Path SCRIPT = Path.of("src/main/image/bin/vmsnap");

  @TempDir Path folder;

  private record Result(int status, String output) {}

  private Path java(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    Path program = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.writeString(program, "#!/bin/sh\necho \"" + name + " $*\"\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  /** Lays the image out and gives the script in it. */
  private Path image() throws IOException {
    Path bin = Files.createDirectories(folder.resolve("image/bin"));
    Path app = Files.createDirectories(folder.resolve("image/quarkus-app"));
    Files.writeString(app.resolve("quarkus-run.jar"), "");
    for (String jar : List.of("app/vmsnap.jar", "lib/main/b.jar", "lib/main/a.jar")) {
      Files.createDirectories(app.resolve(jar).getParent());
      Files.writeString(app.resolve(jar), "");
    }
    Path script = Files.copy(SCRIPT, bin.resolve("vmsnap"));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }

  private static Result run(Path script, Map<String, String> environment, String... arguments)
      throws Exception {
    ProcessBuilder builder = new ProcessBuilder(script.toString());
    builder.command().addAll(List.of(arguments));
    builder
        .environment()
        .keySet()
        .removeIf(key -> key.startsWith("VMSNAP") || key.equals("JAVA_HOME"));
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    return new Result(process.waitFor(), output);
  }

  @Test
  void startsTheCommandLineWithoutQuarkus() throws Exception {
    Result result =
        run(image(), Map.of("JAVA_HOME", java("jdk", "25.0.1").toString()), "tree", "a b");
    String app = folder.resolve("image/quarkus-app").toRealPath().toString();
    assertThat(result.output())
        .startsWith("jdk --enable-native-access=ALL-UNNAMED ")
        .contains("-XX:+UseSerialGC", "-cp " + app + "/app/vmsnap.jar:" + app + "/lib/main/a.jar:")
        .doesNotContain("AOTCache")
        .endsWith(" io.vmsnap.Main tree a b");
  }

  @Test
  void usesWhatItWasTrainedFor() throws Exception {
    Path script = image();
    Path app = folder.resolve("image/quarkus-app").toRealPath();
    Files.writeString(app.resolve("job.aot"), "");
    Files.writeString(app.resolve("runner.aot"), "");
    Map<String, String> java = Map.of("JAVA_HOME", java("jdk", "25.0.1").toString());

    assertThat(run(script, java, "job", "create").output())
        .contains("-XX:AOTCache=" + app + "/job.aot ");
    assertThat(run(script, java, "runner").output())
        .contains("-XX:AOTCache=" + app + "/runner.aot ");
    assertThat(run(script, java, "operator").output()).doesNotContain("AOTCache");
    Map<String, String> without = Map.of("JAVA_HOME", java.get("JAVA_HOME"), "VMSNAP_AOT", "off");
    assertThat(run(script, without, "runner").output()).doesNotContain("AOTCache");
  }

  @Test
  void startsTheOperatorWithQuarkusAndTheGivenOptions() throws Exception {
    Result result =
        run(
            image(),
            Map.of("JAVA_HOME", java("jdk", "26").toString(), "VMSNAP_JAVA_OPTS", "-Xmx64m -Da=b"),
            "operator");
    assertThat(result.output())
        .contains("-Xmx64m -Da=b -jar ")
        .endsWith("/quarkus-app/quarkus-run.jar operator");
  }

  @Test
  void passesOverAJavaThatIsTooOld() throws Exception {
    Path good = java("good", "25");
    Result result =
        run(
            image(),
            Map.of(
                "JAVA_HOME",
                java("old", "17.0.2").toString(),
                "PATH",
                good.resolve("bin") + ":" + System.getenv("PATH")),
            "tree");
    assertThat(result.output()).startsWith("good ");
  }

  @Test
  void saysWhatIsMissing() throws Exception {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Result result = run(SCRIPT.toAbsolutePath(), Map.of("VMSNAP_HOME", empty.toString()), "tree");
    assertThat(result.status()).isEqualTo(127);
    assertThat(result.output())
        .contains(empty + "/quarkus-app/quarkus-run.jar is missing: build with ./mvnw");
  }
}
