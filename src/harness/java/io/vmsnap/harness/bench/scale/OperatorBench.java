package io.vmsnap.harness.bench.scale;

import io.vmsnap.harness.bench.scale.RequestLog.Request;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * {@code ./vmsnap bench operator}: what many machines and snapshots, applied at once, cost the
 * operator and its API server. Requests are counted by the API server, from its audit log.
 */
public final class OperatorBench {
  private static final int MACHINES = 1_000;
  private static final int SNAPSHOTS = 5_000;
  private static final int QUICK_MACHINES = 100;
  private static final int QUICK_SNAPSHOTS = 500;
  private static final Duration LIMIT = Duration.ofHours(2);
  private static final Duration QUIET = Duration.ofSeconds(12);
  private static final Duration STEADY = Duration.ofSeconds(60);
  private static final Duration PROGRESS = Duration.ofSeconds(10);
  private static final double MIB = 1 << 20;

  private final PrintStream out = System.out;
  private final int machines;
  private final int snapshots;

  private OperatorBench(int machines, int snapshots) {
    this.machines = machines;
    this.snapshots = snapshots;
  }

  /**
   * @param folder to work in
   * @param quick whether a tenth is enough
   * @param numbers machines and snapshots; as many as usual where they are not given
   */
  public static void run(Path folder, boolean quick, List<Long> numbers) throws Exception {
    int machines = quick ? QUICK_MACHINES : MACHINES;
    int snapshots = quick ? QUICK_SNAPSHOTS : SNAPSHOTS;
    new OperatorBench(
            numbers.isEmpty() ? machines : Math.toIntExact(numbers.get(0)),
            numbers.size() < 2 ? snapshots : Math.toIntExact(numbers.get(1)))
        .run(folder);
  }

  private void run(Path folder) throws Exception {
    Path directory = Files.createTempDirectory(folder, "vmsnap-bench-operator").toRealPath();
    out.printf("state and logs in %s%n", directory);
    try (ScaleRun run = ScaleRun.start(directory, machines, snapshots, Map.of())) {
      long begin = System.nanoTime();
      run.apply();
      out.printf("%d machines and %d snapshots applied%n", machines, snapshots);
      double seconds = awaitReady(run, begin);
      long ready = run.awaitQuiet(QUIET, LIMIT);
      OperatorFigures figures = run.figures();
      title("All Ready");
      row("time", "%.0f s, %.1f snapshots/s", seconds, snapshots / seconds);
      row("jobs run", "%d", run.jobs());
      row(
          "reconciliations",
          "%.0f; 50 %% within %.0f ms, 99 %% within %.0f ms",
          figures.reconciliations(),
          figures.reconciliationMillis(0.5),
          figures.reconciliationMillis(0.99));
      row("operator's CPU time", "%.1f s", millis(figures.cpuTime()) / 1e3);
      requests(run.requestsBetween(0, ready));
      memory(figures);
      steady(run);
      restart(run);
    }
  }

  private double awaitReady(ScaleRun run, long begin) throws InterruptedException {
    while (!run.allReady()) {
      out.printf(
          "%5.0f s  %d machines and %d snapshots are Ready%n",
          seconds(begin), run.machinesReady(), run.snapshotsReady());
      long next = System.nanoTime() + PROGRESS.toNanos();
      while (!run.allReady() && System.nanoTime() < next) {
        Thread.sleep(250);
      }
      if (seconds(begin) > LIMIT.toSeconds()) {
        throw new IllegalStateException("not all Ready within " + LIMIT);
      }
    }
    return seconds(begin);
  }

  /** Everything since the operator's start, whatever it was for, divided by the snapshots. */
  private void requests(List<Request> all) {
    title("API requests of the operator, machines' own included");
    row("per snapshot", "%.2f", (double) all.size() / snapshots);
    count(all, Request::verb)
        .forEach((verb, count) -> row("  " + verb, "%.2f", (double) count / snapshots));
    count(all, Request::what)
        .forEach((what, count) -> row("  " + what, "%.2f (%d)", (double) count / snapshots, count));
    row("refused", "%s", count(all.stream().filter(r -> r.code() >= 400).toList(), Request::what));
  }

  private static Map<String, Long> count(List<Request> requests, Function<Request, String> by) {
    return requests.stream()
        .collect(Collectors.groupingBy(by, TreeMap::new, Collectors.counting()));
  }

  private void memory(OperatorFigures figures) throws IOException, InterruptedException {
    title("Memory of the operator's process");
    row("RSS", "%.0f MiB", figures.memoryKib("VmRSS") / 1024.0);
    row("RSS at its highest", "%.0f MiB", figures.memoryKib("VmHWM") / 1024.0);
    row("heap after a full collection", "%.0f MiB", figures.liveHeap() / MIB);
  }

  private void steady(ScaleRun run) throws Exception {
    long from = run.mark();
    long polls = run.polls();
    Duration cpu = run.figures().cpuTime();
    Thread.sleep(STEADY);
    List<Request> requests = run.requestsBetween(from, run.mark());
    double minutes = millis(STEADY) / 60e3;
    title("Nothing changes, for " + STEADY.toSeconds() + " s");
    row("API requests per minute", "%.1f %s", requests.size() / minutes, verbs(requests));
    row("polls of runners per second", "%.0f", (run.polls() - polls) / minutes / 60);
    row(
        "operator's CPU",
        "%.1f %% of a core",
        100 * (millis(run.figures().cpuTime()) - millis(cpu)) / millis(STEADY));
  }

  private void restart(ScaleRun run) throws Exception {
    long from = run.mark();
    long jobs = run.jobs();
    long begin = System.nanoTime();
    run.restartOperator(LIMIT);
    double seconds = seconds(begin);
    List<Request> requests = run.requestsBetween(from, run.awaitQuiet(QUIET, LIMIT));
    title("Restart of the operator");
    row("all looked at again after", "%.1f s", seconds);
    row("API requests", "%d %s", requests.size(), verbs(requests));
    row("writes", "%d", requests.stream().filter(Request::isWrite).count());
    row("jobs run", "%d", run.jobs() - jobs);
    memory(run.figures());
  }

  private static Map<String, Long> verbs(List<Request> requests) {
    return count(requests, Request::verb);
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static double millis(Duration time) {
    return time.toNanos() / 1e6;
  }

  private void title(String text) {
    out.printf("%n%s%n", text);
  }

  private void row(String name, String format, Object... values) {
    out.printf("  %-32s %s%n", name, format.formatted(values));
  }
}
