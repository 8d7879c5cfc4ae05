package io.vmsnap.harness;

import io.vmsnap.harness.bench.BenchPart;
import io.vmsnap.harness.bench.BenchRun;
import io.vmsnap.harness.bench.ConsolidateBench;
import io.vmsnap.harness.bench.DiskBench;
import io.vmsnap.harness.bench.EngineBench;
import io.vmsnap.harness.bench.MemoryBench;
import io.vmsnap.harness.bench.RevertBench;
import io.vmsnap.harness.bench.StartupBench;
import io.vmsnap.harness.bench.page.BenchmarksPage;
import io.vmsnap.harness.bench.page.PartResult;
import io.vmsnap.harness.bench.page.ReadmeQuote;
import io.vmsnap.harness.bench.page.ResultStore;
import io.vmsnap.harness.bench.scale.OperatorBench;
import io.vmsnap.harness.cluster.VmsnapHome;
import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code ./vmsnap bench}: all measurements, or one part of them; printed, kept in {@code
 * target/bench}, and with all parts written to {@code docs/benchmarks.md}.
 */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures vmsnap beside other programs that do the same, on this machine.",
    footer = {
      "",
      "Parts: disk, consolidate (as root: it mounts file systems of its own), revert, memory,",
      "engine, startup.",
      "Without one, all are measured, and docs/benchmarks.md and its plots are written. page writes",
      "them anew from the last run of each part (target/bench/*.json).",
      "operator [FOLDER [MACHINES SNAPSHOTS]] has no peer and stands for itself: many machines and",
      "snapshots on a node that only pretends, 1000 and 5000 if not given, 100 and 500 with --quick."
    })
public final class Bench implements Callable<Integer> {
  private static final String PAGE = "page";
  private static final String OPERATOR = "operator";
  private static final Map<String, BenchPart> PARTS = parts();

  @Option(names = "--quick", description = "Small sizes, few rounds: a few minutes.")
  boolean quick;

  @Parameters(index = "0", arity = "0..1", paramLabel = "PART", description = "What to measure.")
  String part;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FOLDER",
      description = "On the volume to measure. Default: the one for temporary files.")
  Path folder = Path.of(System.getProperty("java.io.tmpdir"));

  @Parameters(
      index = "2..*",
      paramLabel = "MIB",
      description = "Sizes of disk, RAM or delta, in MiB.")
  List<Long> mebibytes = List.of();

  private final VmsnapHome home = VmsnapHome.ofThisProject();
  private final ResultStore store = new ResultStore(home.project().resolve("target/bench"));

  /** In the order in which they run, and stand on the page. */
  private static Map<String, BenchPart> parts() {
    Map<String, BenchPart> parts = new LinkedHashMap<>();
    parts.put("disk", DiskBench::measure);
    parts.put("consolidate", ConsolidateBench::measure);
    parts.put("revert", RevertBench::measure);
    parts.put("memory", MemoryBench::measure);
    parts.put("engine", EngineBench::measure);
    parts.put("startup", StartupBench::measure);
    return parts;
  }

  public static void main(String... args) {
    System.exit(new CommandLine(new Bench()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (OPERATOR.equals(part)) {
      OperatorBench.run(folder, quick, mebibytes);
      return 0;
    }
    if (PAGE.equals(part)) {
      List<PartResult> results = store.read(List.copyOf(PARTS.keySet()));
      if (results.isEmpty()) {
        System.err.println("nothing was measured yet: run ./vmsnap bench");
        return 1;
      }
      finish(results, true);
      return 0;
    }
    if (part != null && !PARTS.containsKey(part)) {
      System.err.printf("bench has no part %s; parts are %s%n", part, PARTS.keySet());
      return 2;
    }
    List<PartResult> results = new ArrayList<>();
    for (String name : part == null ? PARTS.keySet() : List.of(part)) {
      PartResult result = measure(name);
      results.add(result);
      store.write(result);
    }
    finish(results, part == null);
    return results.stream().allMatch(r -> r.failure() == null) ? 0 : 1;
  }

  /** A part that fails does not take the others' figures away. */
  private PartResult measure(String name) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory(folder, "vmsnap-bench").toRealPath();
    Tool.of("chmod", "755", directory.toString()).output(); // libvirt's QEMU is another user
    System.out.printf("%n== %s%n", name);
    BenchRun run = new BenchRun(name, directory, quick, mebibytes, System.out, System.err);
    String failure = null;
    try {
      PARTS.get(name).run(run);
    } catch (IOException | RuntimeException e) {
      failure = e.toString().lines().findFirst().orElse("");
      System.err.println("part " + name + " ended early:");
      e.printStackTrace();
    } finally {
      Tool.of("rm", "-rf", "--one-file-system", directory.toString()).run();
    }
    return run.result(failure);
  }

  private void finish(List<PartResult> results, boolean write) throws IOException {
    BenchmarksPage page = new BenchmarksPage(results);
    System.out.println();
    results.getFirst().facts().forEach((k, v) -> System.out.printf("%-20s %s%n", k, v));
    System.out.println();
    System.out.print(page.table());
    System.out.println();
    page.verdicts().forEach(System.out::println);
    results.stream()
        .filter(r -> r.failure() != null)
        .forEach(r -> System.out.println("ended early: " + r.part() + ": " + r.failure()));
    if (write) {
      System.out.println("written: " + page.write(home.project().resolve("docs")));
      if (results.stream().noneMatch(PartResult::quick)) {
        ReadmeQuote.of(results).write(home.project().resolve("README.md"));
      }
    }
  }
}
