package io.vmsnap.harness.cluster;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Prints the state of a namespace as somebody with kubectl would look at it. */
final class ClusterDump {
  private static final int LOG_LINES = 200;
  private static final int KUBECTL_SECONDS = 20;

  private final Path kubeconfig;
  private final PrintStream out;

  ClusterDump(Path kubeconfig, PrintStream out) {
    this.kubeconfig = kubeconfig;
    this.out = out;
  }

  void namespace(String namespace) {
    kubectl("get", "vmx,vmsnap,pods,jobs,pvc", "-o", "wide", "-n", namespace);
    kubectl("get", "vmx,vmsnap,pods", "-o", "yaml", "-n", namespace);
    kubectl("get", "events", "--sort-by=.lastTimestamp", "-n", namespace);
  }

  /** The end of a log file. */
  void log(Path file) {
    try {
      if (Files.isRegularFile(file)) {
        List<String> lines =
            new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
        out.println("---- " + file + " (last " + LOG_LINES + " of " + lines.size() + " lines)");
        lines.stream().skip(Math.max(0, lines.size() - LOG_LINES)).forEach(out::println);
      }
    } catch (IOException e) {
      out.println("---- " + file + ": " + e.getMessage());
    }
  }

  private void kubectl(String... arguments) {
    List<String> command = new ArrayList<>(List.of("kubectl", "--kubeconfig=" + kubeconfig));
    command.addAll(List.of(arguments));
    out.println("---- kubectl " + String.join(" ", arguments));
    try {
      Path output = Files.createTempFile("kubectl", ".out");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(KUBECTL_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
        out.print(Files.readString(output));
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      out.println(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
