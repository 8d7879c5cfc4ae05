package io.vmsnap.harness.cluster;

import io.vmsnap.harness.controlplane.CertificateAuthority;
import io.vmsnap.harness.controlplane.IssuedCertificate;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** TLS between API server and node: both certificates come from the cluster's own authority. */
final class KubeletTls {
  private static final char[] IN_MEMORY_ONLY = new char[0];

  private KubeletTls() {}

  static SSLContext forNode(String nodeName, String address, CertificateAuthority authority) {
    IssuedCertificate server =
        authority.issueServer("system:node:" + nodeName, List.of(address, nodeName));
    try {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(null, null);
      keys.setKeyEntry(
          "node",
          server.key(),
          IN_MEMORY_ONLY,
          new Certificate[] {server.certificate(), authority.certificate()});
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("authority", authority.certificate());

      KeyManagerFactory keyManagers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keyManagers.init(keys, IN_MEMORY_ONLY);
      TrustManagerFactory trustManagers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trustManagers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("in-memory key stores do not fail", e);
    }
  }
}
