package io.vmsnap.cli;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskJson;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.time.ZoneId;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code vmsnap tree DIR}. */
@Command(
    name = "tree",
    mixinStandardHelpOptions = true,
    description = "Show the snapshots of a VM directory as a tree.")
public final class TreeCommand implements Callable<Integer> {
  @Mixin private DirectoryArgument argument;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    try (VmStorage storage = argument.open()) {
      TreeView tree = TreeView.of(VmDirectory.open(storage));
      if (argument.json) {
        spec.commandLine().getOut().println(TaskJson.write(tree));
      } else {
        new TreeText(ZoneId.systemDefault())
            .draw(tree)
            .forEach(spec.commandLine().getOut()::println);
      }
      return 0;
    }
  }
}
