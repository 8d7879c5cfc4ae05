package io.vmsnap.cli;

import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.snapshot.adopt.AdoptListener;
import io.vmsnap.snapshot.adopt.AdoptResult;
import io.vmsnap.snapshot.adopt.Adoption;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vmsnap adopt}. */
@Command(
    name = "adopt",
    mixinStandardHelpOptions = true,
    description = {
      "Turns a VM directory of VMware's, with its snapshots, into one of vmsnap's.",
      "Copies of the disks are proven by SHA-256 before they take the place of the sources. May be"
          + " interrupted; the same command goes on."
    })
public final class AdoptCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The directory with the .vmx file.")
  private Path directory;

  @Option(
      names = "--remove-sources",
      description = "Delete VMware's files in the end. Without it they stay in .vmsnap/adopted.")
  private boolean removeSources;

  @Option(
      names = "--name",
      description =
          "Call the machine so: its .vmx and .vmsd are renamed. A VirtualMachine needs the name of"
              + " its resource.")
  private String name;

  AdoptCommand() {}

  @Override
  public Integer call() throws IOException {
    ProgressLine progress = ProgressLine.onStandardError();
    PrintWriter out = spec.commandLine().getOut();
    try (VmStorage storage = new LocalStorage(directory)) {
      AdoptResult result = new Adoption(storage, listener(progress), name).run(removeSources);
      progress.end();
      result.proven().forEach((disk, digest) -> out.println(disk + " sha256:" + digest));
      result.notes().forEach(note -> out.println("note: " + note));
      out.println(
          result.sourcesKept()
              ? "adopted; VMware's files are in " + directory.resolve(".vmsnap/adopted")
              : "adopted; VMware's files were deleted");
      return ExitCode.DONE;
    } catch (RefusedException e) {
      progress.end();
      spec.commandLine().getErr().println("vmsnap: " + e.getMessage());
      return ExitCode.of(e.reason());
    }
  }

  private static AdoptListener listener(ProgressLine progress) {
    return new AdoptListener() {
      @Override
      public void begin(String step, int done, int steps) {
        progress.begin(step);
      }

      @Override
      public void at(long done, long total) {
        progress.at(done, total);
      }
    };
  }
}
