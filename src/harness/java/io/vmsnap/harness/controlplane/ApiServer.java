package io.vmsnap.harness.controlplane;

import java.util.ArrayList;
import java.util.List;

/**
 * How kube-apiserver is started, 1.20 to the newest.
 *
 * @param port on 127.0.0.1
 * @param version decides which options it knows
 */
record ApiServer(int port, KubernetesVersion version) {
  /** In 1.20 Jobs outlive their {@code ttlSecondsAfterFinished} unless this gate is open. */
  static final String JOB_TTL_GATE = "--feature-gates=TTLAfterFinished=true";

  static final int JOB_TTL_BY_DEFAULT_SINCE = 21;

  private static final String ISSUER = "https://kubernetes.default.svc.cluster.local";

  String url() {
    return "https://127.0.0.1:" + port;
  }

  List<String> arguments(ControlPlanePki pki, EtcdServer etcd) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                // Endpoints must not hold loopback addresses, so nobody publishes this one.
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                "--etcd-servers=" + etcd.url(),
                "--etcd-cafile=" + pki.etcdAuthorityFile(),
                "--etcd-certfile=" + pki.etcdClient().certificate(),
                "--etcd-keyfile=" + pki.etcdClient().key(),
                "--tls-cert-file=" + pki.apiServer().certificate(),
                "--tls-private-key-file=" + pki.apiServer().key(),
                "--client-ca-file=" + pki.authorityFile(),
                "--anonymous-auth=false",
                "--authorization-mode=Node,RBAC",
                "--service-account-issuer=" + ISSUER,
                "--service-account-key-file=" + pki.serviceAccountPublicKey(),
                "--service-account-signing-key-file=" + pki.serviceAccountKey(),
                "--service-cluster-ip-range=10.96.0.0/16",
                "--kubelet-client-certificate=" + pki.kubeletClient().certificate(),
                "--kubelet-client-key=" + pki.kubeletClient().key(),
                "--kubelet-certificate-authority=" + pki.authorityFile(),
                "--kubelet-preferred-address-types=InternalIP,Hostname",
                "--allow-privileged=true",
                "--profiling=false"));
    if (version.isBefore(JOB_TTL_BY_DEFAULT_SINCE)) {
      arguments.add(JOB_TTL_GATE);
    }
    return arguments;
  }
}
