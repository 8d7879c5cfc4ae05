package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.util.List;

/**
 * The keys and certificates of a control plane, as files below {@code pki/}, readable by their
 * owner only. The two authorities and the key of service-account tokens stay for the life of the
 * cluster; all else is issued anew at each start.
 *
 * <p>etcd has an authority of its own: who holds a certificate for the API server still cannot read
 * the store behind it.
 *
 * @param authority of the API server, its clients and the kubelets
 * @param authorityFile {@code ca.crt}
 * @param etcdAuthorityFile trusted by etcd and nobody else
 * @param etcdServer etcd's own, also towards its (absent) peers
 * @param etcdClient the API server's, towards etcd
 * @param apiServer the API server's own
 * @param kubeletClient the API server's, towards kubelets, for {@code kubectl logs}
 * @param admin in group {@code system:masters}
 * @param adminFiles the same as files
 * @param controllerManager in group {@code system:masters}: it runs all controllers under one name
 * @param serviceAccountKey signs tokens
 * @param serviceAccountPublicKey checks tokens
 */
record ControlPlanePki(
    CertificateAuthority authority,
    Path authorityFile,
    Path etcdAuthorityFile,
    IssuedCertificate.Files etcdServer,
    IssuedCertificate.Files etcdClient,
    IssuedCertificate.Files apiServer,
    IssuedCertificate.Files kubeletClient,
    IssuedCertificate admin,
    IssuedCertificate.Files adminFiles,
    IssuedCertificate controllerManager,
    Path serviceAccountKey,
    Path serviceAccountPublicKey) {

  static final String KUBELET_CLIENT = "kube-apiserver-kubelet-client";
  static final String MASTERS = "system:masters";

  private static final List<String> LOCAL = List.of("127.0.0.1", "localhost");
  private static final List<String> API_SERVER_NAMES =
      List.of(
          "127.0.0.1",
          "localhost",
          "kubernetes",
          "kubernetes.default",
          "kubernetes.default.svc",
          "kubernetes.default.svc.cluster.local");

  /** Reads what lasts from the directory, makes the rest. */
  static ControlPlanePki in(Path directory) throws IOException {
    Path etcdDirectory = directory.resolve("etcd");
    Files.createDirectories(
        etcdDirectory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    CertificateAuthority authority = CertificateAuthority.loadOrCreate(directory, "vmsnap-dev");
    CertificateAuthority etcd = CertificateAuthority.loadOrCreate(etcdDirectory, "vmsnap-dev-etcd");
    IssuedCertificate admin = authority.issueClient("kubernetes-admin", MASTERS);
    Path serviceAccountKey = directory.resolve("service-account.key");
    Path serviceAccountPublicKey = directory.resolve("service-account.pub");
    makeServiceAccountKey(serviceAccountKey, serviceAccountPublicKey);
    return new ControlPlanePki(
        authority,
        directory.resolve("ca.crt"),
        etcdDirectory.resolve("ca.crt"),
        etcd.issuePeer("etcd", LOCAL).write(etcdDirectory, "server"),
        etcd.issueClient("kube-apiserver").write(etcdDirectory, "client"),
        authority.issueServer("kube-apiserver", API_SERVER_NAMES).write(directory, "apiserver"),
        authority.issueClient(KUBELET_CLIENT, MASTERS).write(directory, "kubelet-client"),
        admin,
        admin.write(directory, "admin"),
        authority.issueClient("system:kube-controller-manager", MASTERS),
        serviceAccountKey,
        serviceAccountPublicKey);
  }

  private static void makeServiceAccountKey(Path key, Path publicKey) throws IOException {
    if (Files.exists(key) && Files.exists(publicKey)) {
      return;
    }
    KeyPair keys = CertificateAuthority.newKeys();
    Pem.writePrivately(publicKey, Pem.of(keys.getPublic()));
    Pem.writePrivately(key, Pem.of(keys.getPrivate()));
  }
}
