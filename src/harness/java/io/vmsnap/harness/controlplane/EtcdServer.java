package io.vmsnap.harness.controlplane;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How etcd is started: one member, on 127.0.0.1, and only for who has a certificate of its own
 * authority.
 *
 * @param clientPort for the API server
 * @param peerPort etcd insists on one, although it stays alone
 * @param dataDirectory made by etcd
 * @param unsafeNoFsync whether this etcd can leave out fsync: a test cluster that survives a
 *     process's death but not a power cut is worth the seconds
 */
record EtcdServer(int clientPort, int peerPort, Path dataDirectory, boolean unsafeNoFsync) {

  String url() {
    return "https://127.0.0.1:" + clientPort;
  }

  List<String> arguments(ControlPlanePki pki) {
    String peerUrl = "https://127.0.0.1:" + peerPort;
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--name=vmsnap",
                "--data-dir=" + dataDirectory,
                "--listen-client-urls=" + url(),
                "--advertise-client-urls=" + url(),
                "--listen-peer-urls=" + peerUrl,
                "--initial-advertise-peer-urls=" + peerUrl,
                "--initial-cluster=vmsnap=" + peerUrl,
                "--client-cert-auth=true",
                "--trusted-ca-file=" + pki.etcdAuthorityFile(),
                "--cert-file=" + pki.etcdServer().certificate(),
                "--key-file=" + pki.etcdServer().key(),
                "--peer-client-cert-auth=true",
                "--peer-trusted-ca-file=" + pki.etcdAuthorityFile(),
                "--peer-cert-file=" + pki.etcdServer().certificate(),
                "--peer-key-file=" + pki.etcdServer().key(),
                "--logger=zap",
                "--log-level=warn",
                // the only voter waits one election timeout before it elects itself
                "--heartbeat-interval=50",
                "--election-timeout=250"));
    if (unsafeNoFsync) {
      arguments.add("--unsafe-no-fsync");
    }
    return arguments;
  }
}
