package io.vmsnap.cli;

import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.DirectoryFinding;
import io.vmsnap.snapshot.DirectoryRepair;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskJson;
import io.vmsnap.vmdir.DirectoryFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vmsnap check DIR}. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Look for damage in a VM directory: every disk and state file, and how they fit together.",
      "The active disks of a machine that is on are left out. Nothing is changed without"
          + " --repair, which does what is safe: ends an operation that was cut off, makes one index"
          + " of a delta from the other, removes what is proven to be left over, and says what it"
          + " did."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:No damage; there may be notices.", "1:Damage was found.", "2:Wrong usage."})
public final class CheckCommand implements Callable<Integer> {
  @Mixin private DirectoryArgument argument;
  @Spec private CommandSpec spec;

  @Option(names = "--repair", description = "Repair what can be repaired safely, then check.")
  private boolean repair;

  /** What {@code --json} prints; {@code repaired} is null without {@code --repair}. */
  private record CheckView(
      boolean running,
      boolean sound,
      List<DirectoryRepair.Action> repaired,
      List<DirectoryFinding> findings) {}

  @Override
  public Integer call() throws IOException, RefusedException {
    try (VmStorage storage = argument.open()) {
      List<DirectoryRepair.Action> repaired =
          repair ? DirectoryRepair.run(storage, machine(storage)) : null;
      boolean running = isRunning(storage);
      List<DirectoryFinding> findings = DirectoryChecker.check(storage, running);
      boolean sound =
          findings.stream().noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR);
      PrintWriter out = spec.commandLine().getOut();
      if (argument.json) {
        out.println(TaskJson.write(new CheckView(running, sound, repaired, findings)));
      } else {
        if (repaired != null) {
          print(out, repaired);
        }
        print(out, running, sound, findings);
      }
      return sound ? 0 : 1;
    }
  }

  /** A machine that is on is never reached from here: it is enough to know. */
  private static VmConnector machine(VmStorage storage) {
    return new VmConnector() {
      @Override
      public Optional<RunningVm> connect() {
        return Optional.empty();
      }

      @Override
      public boolean isOn() throws IOException {
        return isRunning(storage);
      }
    };
  }

  private static void print(PrintWriter out, List<DirectoryRepair.Action> repaired) {
    for (DirectoryRepair.Action action : repaired) {
      out.println("repair  " + action.file() + ": " + action.what());
    }
    if (repaired.isEmpty()) {
      out.println("Nothing was repaired.");
    }
  }

  private static boolean isRunning(VmStorage storage) throws IOException {
    if (!storage.exists(DirectoryFormat.RUNNER_LOCK)) {
      return false;
    }
    Optional<StorageLock> free = storage.tryLock(DirectoryFormat.RUNNER_LOCK);
    if (free.isPresent()) {
      free.get().close();
    }
    return free.isEmpty();
  }

  private static void print(
      PrintWriter out, boolean running, boolean sound, List<DirectoryFinding> findings) {
    for (DirectoryFinding finding : findings) {
      boolean named = finding.message().startsWith(finding.file());
      out.println(
          (finding.severity() == DirectoryFinding.Severity.ERROR ? "ERROR   " : "notice  ")
              + (named ? "" : finding.file() + ": ")
              + finding.message());
      out.println("        -> " + finding.advice());
    }
    out.println(sound ? "No damage found." : "Damage found.");
    if (running) {
      out.println("The machine is on: its active disks were not looked at.");
    }
  }
}
