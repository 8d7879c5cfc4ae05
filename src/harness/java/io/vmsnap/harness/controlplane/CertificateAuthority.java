package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Signs the certificates of one control plane. Every one has a key of its own (P-256: made in
 * milliseconds), so a leaked one is worth only itself.
 */
public final class CertificateAuthority {
  private static final Duration LIFETIME = Duration.ofDays(365);

  /** Clocks of virtual machines jump; a certificate that is valid "from now" then is not yet. */
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);

  private static final String SIGNATURE = "SHA256withECDSA";
  private static final int SERIAL_BITS = 127;

  private final X509Certificate certificate;
  private final PrivateKey key;
  private final SecureRandom random = new SecureRandom();

  private CertificateAuthority(X509Certificate certificate, PrivateKey key) {
    this.certificate = certificate;
    this.key = key;
  }

  /** A new authority that nothing trusts yet. */
  static CertificateAuthority create(String commonName) {
    KeyPair keys = newKeys();
    X500Name name = name(commonName, List.of());
    Instant now = Instant.now();
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              name,
              BigInteger.ONE,
              Date.from(now.minus(CLOCK_SKEW)),
              Date.from(now.plus(LIFETIME.multipliedBy(10))),
              name,
              keys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return new CertificateAuthority(sign(builder, keys.getPrivate()), keys.getPrivate());
    } catch (CertIOException e) {
      throw new IllegalStateException("constant extensions have no encoding", e);
    }
  }

  /** The authority in {@code ca.crt} and {@code ca.key}; made there when there is none. */
  static CertificateAuthority loadOrCreate(Path directory, String commonName) throws IOException {
    Path certificateFile = directory.resolve("ca.crt");
    Path keyFile = directory.resolve("ca.key");
    if (Files.exists(certificateFile) && Files.exists(keyFile)) {
      try {
        return new CertificateAuthority(
            Pem.readCertificate(certificateFile), Pem.readPrivateKey(keyFile));
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        throw new ControlPlaneException(
            "%s or %s is damaged; delete the cluster's directory to start anew"
                .formatted(certificateFile, keyFile),
            e);
      }
    }
    CertificateAuthority made = create(commonName);
    new IssuedCertificate(made.certificate, made.key).write(directory, "ca");
    return made;
  }

  public X509Certificate certificate() {
    return certificate;
  }

  public String certificatePem() {
    return Pem.of(certificate);
  }

  /**
   * A certificate for a client; to the API server, the common name is the user and the
   * organizations are its groups.
   */
  public IssuedCertificate issueClient(String commonName, String... organizations) {
    return issue(
        name(commonName, List.of(organizations)),
        List.of(KeyPurposeId.id_kp_clientAuth),
        List.of());
  }

  /**
   * A certificate for a server.
   *
   * @param names DNS names and IP addresses under which clients reach it
   */
  public IssuedCertificate issueServer(String commonName, List<String> names) {
    return issue(name(commonName, List.of()), List.of(KeyPurposeId.id_kp_serverAuth), names);
  }

  /** For members of one etcd cluster, which are each other's clients. */
  IssuedCertificate issuePeer(String commonName, List<String> names) {
    return issue(
        name(commonName, List.of()),
        List.of(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth),
        names);
  }

  static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no P-256", e);
    }
  }

  private IssuedCertificate issue(X500Name subject, List<KeyPurposeId> uses, List<String> names) {
    KeyPair keys = newKeys();
    X509Certificate signed = sign(request(subject, keys.getPublic(), uses, names), key);
    return new IssuedCertificate(signed, keys.getPrivate());
  }

  private JcaX509v3CertificateBuilder request(
      X500Name subject, PublicKey subjectKey, List<KeyPurposeId> uses, List<String> names) {
    Instant now = Instant.now();
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
              new BigInteger(SERIAL_BITS, random).add(BigInteger.TWO),
              Date.from(now.minus(CLOCK_SKEW)),
              Date.from(now.plus(LIFETIME)),
              subject,
              subjectKey);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(uses.toArray(KeyPurposeId[]::new)));
      if (!names.isEmpty()) {
        builder.addExtension(Extension.subjectAlternativeName, false, alternativeNames(names));
      }
      return builder;
    } catch (CertIOException e) {
      throw new IllegalArgumentException("names have no encoding: " + names, e);
    }
  }

  private static GeneralNames alternativeNames(List<String> names) {
    List<GeneralName> typed = new ArrayList<>();
    for (String name : names) {
      boolean address = name.matches("[0-9.]+") || name.indexOf(':') >= 0;
      typed.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, name));
    }
    return new GeneralNames(typed.toArray(GeneralName[]::new));
  }

  private static X500Name name(String commonName, List<String> organizations) {
    X500NameBuilder builder = new X500NameBuilder(BCStyle.INSTANCE);
    organizations.forEach(o -> builder.addRDN(BCStyle.O, o));
    return builder.addRDN(BCStyle.CN, commonName).build();
  }

  private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey signer) {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(signer)));
    } catch (OperatorCreationException | GeneralSecurityException e) {
      throw new IllegalStateException("cannot sign with " + SIGNATURE, e);
    }
  }
}
