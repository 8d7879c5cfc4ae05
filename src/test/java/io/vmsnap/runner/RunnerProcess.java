package io.vmsnap.runner;

import io.vmsnap.job.ProductProcess;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.VmDefinition;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** {@code vmsnap runner} as a pod starts it: a process of its own, with its environment. */
final class RunnerProcess implements AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final int MESSAGE_LIMIT = 2000;

  final Process process;
  private final Path logs;
  private final String address;

  RunnerProcess(Path directory, VmDefinition definition, Path logs) throws IOException {
    this.logs = Files.createDirectories(logs);
    ThreadLocalRandom random = ThreadLocalRandom.current();
    address = "127.%d.%d.2".formatted(random.nextInt(1, 255), random.nextInt(1, 255));
    Files.writeString(termination(), "");
    ProcessBuilder builder = ProductProcess.of("runner", "--directory", directory.toString());
    builder.environment().put(VmDefinition.ENVIRONMENT_VARIABLE, TaskJson.write(definition));
    builder.environment().put("POD_IP", address);
    builder.environment().put("VMSNAP_TERMINATION_LOG", termination().toString());
    builder.redirectOutput(console().toFile());
    builder.redirectError(logs.resolve("stderr").toFile());
    process = builder.start();
  }

  private Path termination() {
    return logs.resolve("termination");
  }

  private Path console() {
    return logs.resolve("console");
  }

  String consoleText() throws IOException {
    return Files.readString(console());
  }

  String log() throws IOException {
    return Files.readString(logs.resolve("stderr"));
  }

  RunnerStatus status() throws IOException, InterruptedException {
    return TaskJson.read(get("/status"), RunnerStatus.class);
  }

  String get(String path) throws IOException, InterruptedException {
    return HTTP.send(
            HttpRequest.newBuilder(URI.create("http://" + address + ":" + RunnerStatus.PORT + path))
                .timeout(Duration.ofSeconds(10))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** Waits until the guest says so on its console. */
  void awaitConsole(String text, Duration deadline) {
    Awaitility.await()
        .atMost(deadline)
        .pollInterval(Duration.ofMillis(200))
        .failFast(
            () -> {
              if (!process.isAlive()) {
                throw new IllegalStateException("the runner ended:\n" + everything());
              }
            })
        .until(() -> consoleText().contains(text));
  }

  long qemuPid() {
    return process
        .children()
        .filter(child -> child.info().command().orElse("").contains("qemu"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no QEMU:\n" + everything()))
        .pid();
  }

  static void signal(long pid, String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(pid)).start();
    if (kill.waitFor() != 0) {
      throw new IOException("kill -" + name + " " + pid + " failed");
    }
  }

  /** Exit status. */
  int awaitEnd(Duration deadline) throws InterruptedException {
    if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("the runner does not end:\n" + everything());
    }
    return process.exitValue();
  }

  TaskOutcome outcome() throws IOException {
    return TaskJson.readTerminationMessage(Files.readString(termination()));
  }

  /** For messages of failed tests. */
  String everything() {
    try {
      String text = Files.readString(logs.resolve("stderr")) + "\nconsole:\n" + consoleText();
      return text.substring(0, Math.min(MESSAGE_LIMIT, text.length()));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() throws InterruptedException {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly().waitFor();
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
