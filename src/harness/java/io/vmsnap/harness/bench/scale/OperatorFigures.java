package io.vmsnap.harness.bench.scale;

import io.vmsnap.harness.cluster.OperatorProcess;
import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the operator's process tells of itself, and the kernel of it. */
final class OperatorFigures {
  private static final String DURATION = "reconciliations_execution_duration_seconds";
  private static final Pattern BUCKET =
      Pattern.compile("^" + DURATION + "_bucket\\{.*le=\"([^\"]+)\"");

  private final OperatorProcess operator;
  private final int port;
  private final HttpClient http = HttpClient.newHttpClient();

  OperatorFigures(OperatorProcess operator, int port) {
    this.operator = operator;
    this.port = port;
  }

  boolean isReady() throws InterruptedException {
    try {
      return get("/q/health/ready").statusCode() == 200;
    } catch (IOException e) {
      return false; // it does not listen yet
    }
  }

  /** Finished reconciliations of all kinds since the process began. */
  double reconciliations() throws IOException, InterruptedException {
    return sum(DURATION + "_count", "");
  }

  /**
   * The time within which that part of all reconciliations was done, in milliseconds; as the
   * metrics count in classes, it is the upper bound of one.
   */
  double reconciliationMillis(double part) throws IOException, InterruptedException {
    double all = reconciliations();
    TreeMap<Double, Double> atMost = new TreeMap<>();
    for (String line : metrics()) {
      Matcher bucket = BUCKET.matcher(line);
      if (bucket.find()) {
        atMost.merge(
            bucket.group(1).equals("+Inf")
                ? Double.POSITIVE_INFINITY
                : Double.parseDouble(bucket.group(1)),
            Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)),
            Double::sum);
      }
    }
    return atMost.entrySet().stream()
        .filter(bucket -> bucket.getValue() >= part * all)
        .mapToDouble(bucket -> bucket.getKey() * 1000)
        .findFirst()
        .orElse(Double.NaN);
  }

  /** What lives on the heap, in bytes: after a full collection. */
  double liveHeap() throws IOException, InterruptedException {
    Tool.of(System.getProperty("java.home") + "/bin/jcmd", String.valueOf(operator.pid()), "GC.run")
        .output();
    return sum("jvm_memory_used_bytes", "area=\"heap\"");
  }

  /** CPU time that the process has used. */
  Duration cpuTime() {
    return ProcessHandle.of(operator.pid())
        .flatMap(process -> process.info().totalCpuDuration())
        .orElseThrow();
  }

  /** Adds up the values of a metric whose labels contain a text. */
  private double sum(String metric, String labels) throws IOException, InterruptedException {
    return metrics().stream()
        .filter(line -> line.startsWith(metric + "{") || line.startsWith(metric + " "))
        .filter(line -> line.contains(labels))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private List<String> metrics() throws IOException, InterruptedException {
    return get("/q/metrics").body().lines().filter(line -> !line.startsWith("#")).toList();
  }

  /** A size of {@code /proc/PID/status} in KiB, such as {@code VmRSS}. */
  long memoryKib(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + operator.pid() + "/status"))) {
      if (line.startsWith(name + ":")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("/proc/" + operator.pid() + "/status has no line " + name);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
