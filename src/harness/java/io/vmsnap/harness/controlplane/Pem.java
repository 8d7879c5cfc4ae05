package io.vmsnap.harness.controlplane;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;

/** Certificates and keys as PEM text (RFC 7468), and the files that hold it. */
final class Pem {
  /** Of the curve that {@link CertificateAuthority} uses. */
  private static final int CURVE_BITS = 256;

  private Pem() {}

  static String of(X509Certificate certificate) {
    try {
      return block("CERTIFICATE", certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that was just signed has no encoding", e);
    }
  }

  static String of(PrivateKey key) {
    return block("PRIVATE KEY", key.getEncoded());
  }

  /**
   * An elliptic-curve key in the form of RFC 5915, with its curve: fabric8's Kubernetes client
   * takes such keys in no other form, and takes the general one for RSA.
   */
  static String ofEllipticCurve(PrivateKey key) {
    try {
      PrivateKeyInfo general = PrivateKeyInfo.getInstance(key.getEncoded());
      ECPrivateKey secret = ECPrivateKey.getInstance(general.parsePrivateKey());
      ECPrivateKey complete =
          new ECPrivateKey(
              CURVE_BITS, secret.getKey(), general.getPrivateKeyAlgorithm().getParameters());
      return block("EC PRIVATE KEY", complete.getEncoded());
    } catch (IOException e) {
      throw new IllegalStateException("a key that was just made has no encoding", e);
    }
  }

  static String of(PublicKey key) {
    return block("PUBLIC KEY", key.getEncoded());
  }

  static X509Certificate readCertificate(Path file) throws IOException, GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));
  }

  /** Reads an elliptic-curve key as {@link #of(PrivateKey)} writes it. */
  static PrivateKey readPrivateKey(Path file) throws IOException, GeneralSecurityException {
    String base64 = Files.readString(file).replaceAll("-----[A-Z ]+-----", "");
    byte[] encoded = Base64.getMimeDecoder().decode(base64);
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
  }

  /** Replaces the file; nobody but its owner can read it, at no moment. */
  static void writePrivately(Path file, String text) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(temporary);
    Files.createFile(
        temporary,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(temporary, text);
    Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String block(String label, byte[] content) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
  }
}
