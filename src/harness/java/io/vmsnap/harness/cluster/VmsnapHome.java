package io.vmsnap.harness.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The built project, laid out as in the image: {@code bin/vmsnap} and {@code quarkus-app/} under
 * one directory.
 */
public final class VmsnapHome {
  private static final String LAUNCHER = "src/main/image/bin/vmsnap";

  private final Path project;
  private final Path home;

  private VmsnapHome(Path project) {
    this.project = project;
    this.home = project.resolve("target");
  }

  /** The project that the harness was built from: the working directory or one above it. */
  public static VmsnapHome ofThisProject() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at.resolve(LAUNCHER))) {
        return new VmsnapHome(at);
      }
    }
    throw new IllegalStateException(
        "run from the project's directory: no " + LAUNCHER + " here or above");
  }

  public Path project() {
    return project;
  }

  /** The launcher of all commands. */
  public Path launcher() {
    return home.resolve("bin/vmsnap");
  }

  /**
   * Checks that the application is built, and puts the launcher beside it.
   *
   * @throws IOException if it is not built, with the command that builds it
   */
  public void requireBuilt() throws IOException {
    Path jar = home.resolve("quarkus-app/quarkus-run.jar");
    if (!Files.exists(jar)) {
      throw new IOException(jar + " is missing: run ./mvnw -DskipTests package");
    }
    Path link = launcher();
    Files.createDirectories(link.getParent());
    if (!Files.isSymbolicLink(link)) {
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, project.resolve(LAUNCHER));
    }
  }

  /** What the image would put into a container's environment. */
  public Map<String, String> environment() {
    Map<String, String> environment = new TreeMap<>();
    String path = System.getenv().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    environment.put("PATH", home.resolve("bin") + ":" + path);
    environment.put("VMSNAP_HOME", home.toString());
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("LANG", "C.UTF-8");
    environment.put("TMPDIR", System.getProperty("java.io.tmpdir"));
    return environment;
  }
}
