package io.vmsnap.cli;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskJson;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code vmsnap info DIR}. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    description = "Show the disks and files of a VM directory, what each is for, and its size.")
public final class InfoCommand implements Callable<Integer> {
  @Mixin private DirectoryArgument argument;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    try (VmStorage storage = argument.open()) {
      InfoView info = InfoView.of(VmDirectory.open(storage));
      PrintWriter out = spec.commandLine().getOut();
      if (argument.json) {
        out.println(TaskJson.write(info));
      } else {
        print(info, out);
      }
      return 0;
    }
  }

  private static void print(InfoView info, PrintWriter out) {
    out.printf(
        "%s: %d snapshots; volume of %s, %s free%n%n",
        info.vm(),
        info.snapshots(),
        Bytes.of(info.volume().capacityBytes()),
        Bytes.of(info.volume().freeBytes()));
    for (DiskView disk : info.disks()) {
      out.printf(
          "%s%s, %s: %s%n",
          disk.node(),
          disk.name() == null ? "" : " (" + disk.name() + ")",
          Bytes.of(disk.capacityBytes()),
          String.join(" <- ", disk.chain()));
    }
    out.println();
    int width = info.files().stream().mapToInt(f -> f.name().length()).max().orElse(4);
    String form = "%-" + width + "s  %9s  %9s  %s%n";
    out.printf(form, "FILE", "LENGTH", "ON DISK", "WHAT IT IS");
    for (FileView file : info.files()) {
      out.printf(
          form, file.name(), Bytes.of(file.bytes()), Bytes.of(file.allocatedBytes()), file.role());
    }
  }
}
