package io.vmsnap.harness.bench;

import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.cluster.EmbeddedCluster;
import io.vmsnap.harness.cluster.EmbeddedClusterProvider;
import io.vmsnap.harness.cluster.OperatorProcess;
import io.vmsnap.harness.cluster.VmsnapHome;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.VmDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * {@code ./vmsnap bench startup}: how long a job, a runner and the operator take from the start of
 * their process until they have done what they are for, with and without what {@code vmsnap-train}
 * has prepared, in turns; and how large the application is.
 */
public final class StartupBench {
  private static final Map<String, String> WITHOUT_CACHE = Map.of("VMSNAP_AOT", "off");
  private static final String PEER = "without the AOT cache";
  private static final long DEADLINE_SECONDS = 120;
  private static final String NAME = "bench";
  private static final VmDefinition MACHINE =
      new VmDefinition(
          NAME,
          "5c1e3a0e-0000-4000-8000-0000000be7c4",
          new VmDefinition.Hardware(1, 64 << 20, "bios", "qemu64", "tcg"),
          List.of(new VmDefinition.Disk("disk", 16L << 20, null)),
          null,
          List.of(),
          false,
          1);

  private final BenchRun run;
  private final VmsnapHome home = VmsnapHome.ofThisProject();
  private int requests;

  private StartupBench(BenchRun run) {
    this.run = run;
  }

  public static void measure(BenchRun run) throws IOException, InterruptedException {
    new StartupBench(run).measure();
  }

  /** Starts something in some environment; milliseconds until it has done what it is for. */
  @FunctionalInterface
  private interface Start {
    double measure(Map<String, String> variables) throws IOException, InterruptedException;
  }

  private void measure() throws IOException, InterruptedException {
    home.requireBuilt();
    Path app = home.launcher().resolveSibling("../quarkus-app").normalize();
    run.out().printf("Start of a process until it has done its work, ms%n");
    run.out().printf("  %-32s  %12s  %12s%n", "", "with cache", "without");
    int rounds = run.fullOrQuick(7, 3);
    run.progress(1, 3, "jobs");
    compare("start job, take a snapshot", rounds, Files.exists(app.resolve("job.aot")), this::job);
    run.progress(2, 3, "runners");
    compare("start runner and QEMU", rounds, Files.exists(app.resolve("runner.aot")), this::runner);
    run.progress(3, 3, "operators, on a control plane");
    operators(run.fullOrQuick(3, 2), Files.exists(app.resolve("operator.aot")));
    sizes(app);
  }

  private void compare(String path, int rounds, boolean cached, Start start)
      throws IOException, InterruptedException {
    start.measure(Map.of()); // brings all files into the page cache
    Samples with = new Samples();
    Samples without = new Samples();
    for (int round = 0; round < rounds; round++) {
      with.add(start.measure(Map.of()));
      if (cached) {
        without.add(start.measure(WITHOUT_CACHE));
      }
    }
    run.out()
        .printf(
            "  %-32s  %12.0f  %12s%n",
            path, with.median(), cached ? "%.0f".formatted(without.median()) : "no cache");
    run.add(
        new Figure(
            path, "", "ms", false, with.values(), cached ? PEER : null, without.values(), null));
  }

  /** The whole process: a snapshot of a machine that is off. */
  private double job(Map<String, String> variables) throws IOException, InterruptedException {
    Path directory = Files.createDirectories(run.folder().resolve("job-" + ++requests));
    CreateSnapshotTask task =
        new CreateSnapshotTask(
            "bench-" + requests, NAME, "", false, "None", 0, (int) DEADLINE_SECONDS, 32, 0);
    // Where it may leave its outcome.
    Files.createDirectories(directory.resolve(".vmsnap"));
    Path output = run.folder().resolve("job.log");
    long begin = System.nanoTime();
    Process job =
        RunnerMachine.start(List.of("job", "create"), directory, MACHINE, task, output, variables);
    try {
      if (!job.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS) || job.exitValue() != 0) {
        throw new IOException("the job failed: " + Files.readString(output));
      }
      return (System.nanoTime() - begin) / 1e6;
    } finally {
      job.destroyForcibly();
    }
  }

  /** Until the machine runs, as the runner says. */
  private double runner(Map<String, String> variables) throws IOException, InterruptedException {
    Path directory = Files.createDirectories(run.folder().resolve("runner-" + ++requests));
    Path output = run.folder().resolve("runner-" + requests + ".log");
    long begin = System.nanoTime();
    Process runner =
        RunnerMachine.start(List.of("runner"), directory, MACHINE, null, output, variables);
    try {
      Path errors = Path.of(output + ".err");
      return await(begin, List.of(output, errors), "runs " + NAME, runner::isAlive);
    } finally {
      List<ProcessHandle> children = runner.descendants().toList();
      runner.destroyForcibly().waitFor();
      children.forEach(ProcessHandle::destroyForcibly);
    }
  }

  private void operators(int rounds, boolean cached) throws IOException, InterruptedException {
    EmbeddedClusterProvider provider = EmbeddedClusterProvider.in(run.folder().resolve("cluster"));
    if (provider.unavailable().isPresent()) {
      run.out().println("  operator: not measured: " + provider.unavailable().get());
      return;
    }
    try (EmbeddedCluster cluster = provider.open(step -> {})) {
      compare(
          "start operator, until it is ready",
          rounds,
          cached,
          variables -> operator(cluster, variables));
    } catch (IOException | InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("the control plane does not start", e);
    }
  }

  /**
   * Until its watches are synchronized. Quarkus says earlier that it listens: the operator answers,
   * not ready, while it waits for the API server.
   */
  private double operator(EmbeddedCluster cluster, Map<String, String> variables)
      throws IOException, InterruptedException {
    Map<String, String> environment = new HashMap<>(home.environment());
    environment.put("KUBECONFIG", cluster.kubeconfig().toString());
    environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    environment.put("QUARKUS_HTTP_PORT", "0");
    environment.putAll(variables);
    Path log = run.folder().resolve("operator-" + ++requests + ".log");
    long begin = System.nanoTime();
    try (OperatorProcess operator =
        new OperatorProcess(List.of(home.launcher().toString(), "operator"), environment, log)) {
      operator.start();
      return await(begin, List.of(log), "operator works on ", operator::running);
    }
  }

  /** Whether what is waited for can still come. */
  @FunctionalInterface
  private interface Alive {
    boolean isAlive();
  }

  private static double await(long begin, List<Path> logs, String words, Alive process)
      throws IOException, InterruptedException {
    long end = begin + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (true) {
      boolean alive = process.isAlive();
      StringBuilder text = new StringBuilder();
      for (Path log : logs) {
        text.append(Files.exists(log) ? Files.readString(log) : "");
      }
      if (text.indexOf(words) >= 0) {
        return (System.nanoTime() - begin) / 1e6;
      }
      if (!alive || System.nanoTime() > end) {
        throw new IOException("it does not start: " + text);
      }
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private void sizes(Path app) throws IOException, InterruptedException {
    long caches = bytes(app, file -> file.toString().endsWith(".aot"));
    long rest = bytes(app, file -> !file.toString().endsWith(".aot"));
    run.out().printf("  application %d MiB, AOT caches %d MiB%n", rest >> 20, caches >> 20);
    size("size of the application", rest);
    size("size of the AOT caches", caches);
    ImageParts image = new ImageParts(home.project());
    OptionalLong java = image.java(run.folder());
    java.ifPresent(bytes -> size("size of the image's linked Java", bytes));
    run.out().printf("  linked Java %d MiB%n", java.orElse(0) >> 20);
    for (ImageParts.Package part : image.packages()) {
      run.out().printf("  Debian package %s %d MiB%n", part.name(), part.bytes() >> 20);
      size("size of Debian's " + part.name() + ", without what it needs", part.bytes());
    }
    run.note(
        "A job is measured until its process has ended with a snapshot, a runner until QEMU runs, the"
            + " operator until its watches are synchronized. Sizes are of files before an image's"
            + " compression; the image has Debian's base and QEMU's libraries besides, which are not"
            + " measured.");
  }

  private void size(String path, long bytes) {
    if (bytes > 0) {
      run.add(
          new Figure(
              path, "", "MiB", false, List.of(bytes / (double) (1 << 20)), null, List.of(), null));
    }
  }

  private static long bytes(Path folder, Predicate<Path> which) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      long sum = 0;
      for (Path file : files.filter(Files::isRegularFile).filter(which).toList()) {
        sum += Files.size(file);
      }
      return sum;
    }
  }
}
