package io.vmsnap.harness.controlplane;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The text of a kubeconfig that carries its certificates in it, so that the file can be copied. */
final class Kubeconfig {
  private static final String NAME = "vmsnap";

  private Kubeconfig() {}

  static String text(String server, CertificateAuthority authority, IssuedCertificate client) {
    return """
        apiVersion: v1
        kind: Config
        current-context: %1$s
        clusters:
          - name: %1$s
            cluster:
              server: %2$s
              certificate-authority-data: %3$s
        contexts:
          - name: %1$s
            context:
              cluster: %1$s
              user: %1$s
        users:
          - name: %1$s
            user:
              client-certificate-data: %4$s
              client-key-data: %5$s
        """
        .formatted(
            NAME,
            server,
            base64(authority.certificatePem()),
            base64(client.certificatePem()),
            base64(Pem.ofEllipticCurve(client.key())));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
