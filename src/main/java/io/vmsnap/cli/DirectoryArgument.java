package io.vmsnap.cli;

import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the commands on a VM directory have in common. */
final class DirectoryArgument {
  @Parameters(index = "0", paramLabel = "DIR", description = "The VM directory.")
  Path directory;

  @Option(names = "--json", description = "Print JSON instead of text.")
  boolean json;

  VmStorage open() throws IOException {
    return new LocalStorage(directory);
  }
}
