package io.vmsnap.job;

import io.vmsnap.harness.cluster.VmsnapHome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A command of the product as a process of its own: through its launcher where the application is
 * built, as in the build's integration tests; else from the classes that the tests run with.
 */
public final class ProductProcess {
  private ProductProcess() {}

  /** Not started yet; its environment is what the image has. */
  public static ProcessBuilder of(String... command) throws IOException {
    List<String> line = new ArrayList<>();
    ProcessBuilder builder = new ProcessBuilder(line);
    if (System.getProperty("vmsnap.home") != null) {
      VmsnapHome home = VmsnapHome.ofThisProject();
      home.requireBuilt();
      line.add(home.launcher().toString());
      builder.environment().putAll(home.environment());
    } else {
      line.addAll(
          List.of(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "--enable-native-access=ALL-UNNAMED",
              "-XX:+UseSerialGC",
              "-XX:TieredStopAtLevel=1",
              "-cp",
              System.getProperty("java.class.path"),
              "io.vmsnap.Main"));
    }
    line.addAll(List.of(command));
    return builder;
  }
}
