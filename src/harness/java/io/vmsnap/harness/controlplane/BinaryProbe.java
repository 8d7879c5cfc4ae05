package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Asks programs what they are and what they can do. */
final class BinaryProbe {
  private static final long DEADLINE_SECONDS = 30;

  private BinaryProbe() {}

  /** Which release a Kubernetes program is of. */
  static KubernetesVersion kubernetesVersion(Path program) {
    Answer answer = run(program, "--version");
    if (answer.status() != 0) {
      throw new ControlPlaneException(
          "%s --version ended with status %d: %s"
              .formatted(program, answer.status(), answer.output().strip()));
    }
    return KubernetesVersion.parse(answer.output());
  }

  /** Whether the program takes an option: one that does goes on to print its version. */
  static boolean knows(Path program, String option) {
    return run(program, option, "--version").status() == 0;
  }

  private static Answer run(Path program, String... arguments) {
    try {
      ProcessBuilder builder = new ProcessBuilder(program.toString()).redirectErrorStream(true);
      for (String argument : arguments) {
        builder.command().add(argument);
      }
      Process process = builder.start();
      process.getOutputStream().close();
      byte[] output = process.getInputStream().readAllBytes();
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new ControlPlaneException(program + " does not end when asked for its version");
      }
      return new Answer(process.exitValue(), new String(output, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new ControlPlaneException("cannot run " + program, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while running " + program, e);
    }
  }

  private record Answer(int status, String output) {}
}
