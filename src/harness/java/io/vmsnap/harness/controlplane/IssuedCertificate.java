package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/** A certificate and the private key to it. */
public record IssuedCertificate(X509Certificate certificate, PrivateKey key) {

  public String certificatePem() {
    return Pem.of(certificate);
  }

  public String keyPem() {
    return Pem.of(key);
  }

  /**
   * Writes {@code <name>.crt} and {@code <name>.key}, both readable by the owner only.
   *
   * @return where they are
   */
  public Files write(Path directory, String name) throws IOException {
    Files files = new Files(directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
    Pem.writePrivately(files.key(), keyPem());
    Pem.writePrivately(files.certificate(), certificatePem());
    return files;
  }

  /** The same as PEM files, as programs take them. */
  public record Files(Path certificate, Path key) {}

  @Override
  public String toString() {
    return "certificate of " + certificate.getSubjectX500Principal();
  }
}
