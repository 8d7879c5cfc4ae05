package io.vmsnap.harness.machine;

import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.util.List;

/** The kubectl of this machine, in one namespace. */
public final class Kubectl {
  private final Tool tool;

  public Kubectl(Cluster cluster, String namespace) {
    this.tool =
        Tool.of(
            List.of(
                "kubectl",
                "--kubeconfig",
                cluster.kubeconfig().toString(),
                "--namespace",
                namespace));
  }

  /** The output of a command that has to succeed. */
  public String output(String... arguments) throws IOException, InterruptedException {
    return tool.and(arguments).output();
  }

  public Tool.Result run(String... arguments) throws IOException, InterruptedException {
    return tool.and(arguments).run();
  }
}
