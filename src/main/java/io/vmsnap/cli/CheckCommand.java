package io.vmsnap.cli;

import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.DirectoryFinding;
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
import picocli.CommandLine.Spec;

/** {@code vmsnap check DIR}. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = {
      "Look for damage in a VM directory: every disk and state file, and how they fit together.",
      "The active disks of a machine that is on are left out. Nothing is changed."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:No damage; there may be notices.", "1:Damage was found.", "2:Wrong usage."})
public final class CheckCommand implements Callable<Integer> {
  @Mixin private DirectoryArgument argument;
  @Spec private CommandSpec spec;

  /** What {@code --json} prints. */
  private record CheckView(boolean running, boolean sound, List<DirectoryFinding> findings) {}

  @Override
  public Integer call() throws IOException {
    try (VmStorage storage = argument.open()) {
      boolean running = isRunning(storage);
      List<DirectoryFinding> findings = DirectoryChecker.check(storage, running);
      boolean sound =
          findings.stream().noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR);
      PrintWriter out = spec.commandLine().getOut();
      if (argument.json) {
        out.println(TaskJson.write(new CheckView(running, sound, findings)));
      } else {
        print(out, running, sound, findings);
      }
      return sound ? 0 : 1;
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
