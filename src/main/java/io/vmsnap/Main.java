package io.vmsnap;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.vmsnap.cli.DirectCall;
import io.vmsnap.cli.HeadStart;
import io.vmsnap.cli.VmsnapCommand;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The one entry point of the one jar. Only {@code vmsnap operator} boots Quarkus; the runner, the
 * jobs and the command line start without it, because a snapshot must not wait for a framework.
 */
@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String... args) {
    if (args.length > 0 && args[0].equals("operator")) {
      Quarkus.run(Arrays.copyOfRange(args, 1, args.length));
    } else {
      HeadStart.begin();
      OptionalInt status = DirectCall.run(args);
      System.exit(status.isPresent() ? status.getAsInt() : VmsnapCommand.run(args));
    }
  }
}
