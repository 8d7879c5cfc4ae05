package io.vmsnap.harness;

import io.vmsnap.harness.demo.DemoTour;
import java.util.List;

/**
 * {@code ./vmsnap demo [--keep]}: a virtual machine and two snapshots on an embedded cluster, with
 * proof. Exit status 0 only if all that it shows is true.
 */
public final class Demo {
  private Demo() {}

  public static void main(String... args) {
    List<String> arguments = List.of(args);
    boolean keep = arguments.contains("--keep");
    if (arguments.stream().anyMatch(argument -> !argument.equals("--keep"))) {
      System.err.println("usage: ./vmsnap demo [--keep]");
      System.exit(2);
    }
    System.exit(new DemoTour(System.out, keep).run() ? 0 : 1);
  }
}
