package io.vmsnap.cli;

import io.vmsnap.job.QemuConnector;
import io.vmsnap.snapshot.DirectoryConsolidation;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.ConsolidateTask;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vmsnap consolidate}. */
@Command(
    name = "consolidate",
    mixinStandardHelpOptions = true,
    description = {
      "Merges disks that deleted snapshots have left, whether the machine runs or not.",
      "May be interrupted at any instant; the same command goes on. \"vmsnap check\" tells whether"
          + " there is anything to merge."
    })
public final class ConsolidateCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration TIMEOUT = Duration.ofDays(30);

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The VM directory.")
  private Path directory;

  @Option(
      names = "--limit",
      paramLabel = "MIB",
      description = "Copy at most so many MiB in a second; 0, the default, for no limit.")
  private long limit;

  ConsolidateCommand() {}

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    StopSignal stop = new StopSignal(TIMEOUT);
    try (VmStorage storage = new LocalStorage(directory)) {
      DeleteResult result =
          new DirectoryConsolidation(
                  storage, new QemuConnector(storage), Clock.systemUTC(), stop, PATIENCE)
              .run(
                  null,
                  new ConsolidateTask(
                      "consolidate-" + UUID.randomUUID(),
                      Math.multiplyExact(limit, 1L << 20),
                      (int) TIMEOUT.toSeconds()));
      Double stun = result.timing().stunMillis();
      out.printf(
          Locale.ROOT,
          "consolidated: %d bytes merged, %d bytes freed%s%n",
          result.mergedBytes(),
          result.freedBytes(),
          stun == null ? "" : String.format(Locale.ROOT, ", longest stall %.1f ms", stun));
      return ExitCode.DONE;
    } catch (RefusedException e) {
      spec.commandLine().getErr().println("vmsnap: " + e.getMessage());
      return ExitCode.of(e.reason());
    }
  }
}
