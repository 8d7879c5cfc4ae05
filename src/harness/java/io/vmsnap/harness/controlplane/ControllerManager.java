package io.vmsnap.harness.controlplane;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How kube-controller-manager is started, 1.20 to the newest. It opens no port: its process and its
 * effects are watched instead.
 *
 * @param version decides which options it knows
 */
record ControllerManager(KubernetesVersion version) {
  /**
   * What VMs, their claims, pods, jobs and an operator's deployment need. Node life cycle is left
   * out: the local node evicts nobody. Releases since 1.28 know these names as aliases.
   */
  private static final List<String> CONTROLLERS =
      List.of(
          "namespace",
          "garbagecollector",
          "serviceaccount",
          "serviceaccount-token",
          "root-ca-cert-publisher",
          "clusterrole-aggregation",
          "persistentvolume-binder",
          "pvc-protection",
          "pv-protection",
          "job",
          "ttl-after-finished",
          "podgc",
          "deployment",
          "replicaset");

  /** Until then there was a second, open port, which 0 closes. */
  private static final int INSECURE_PORT_GONE_SINCE = 24;

  List<String> arguments(ControlPlanePki pki, Path kubeconfig) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--kubeconfig=" + kubeconfig,
                "--bind-address=127.0.0.1",
                "--secure-port=0",
                "--leader-elect=false",
                "--controllers=" + String.join(",", CONTROLLERS),
                "--root-ca-file=" + pki.authorityFile(),
                "--service-account-private-key-file=" + pki.serviceAccountKey(),
                "--kube-api-qps=200",
                "--kube-api-burst=400",
                "--profiling=false"));
    if (version.isBefore(INSECURE_PORT_GONE_SINCE)) {
      arguments.add("--port=0");
    }
    if (version.isBefore(ApiServer.JOB_TTL_BY_DEFAULT_SINCE)) {
      arguments.add(ApiServer.JOB_TTL_GATE);
    }
    return arguments;
  }
}
