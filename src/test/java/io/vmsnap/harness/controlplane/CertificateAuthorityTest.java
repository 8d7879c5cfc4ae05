package io.vmsnap.harness.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SignatureException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
  private static final String SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2";
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  @TempDir Path directory;
  private final CertificateAuthority authority = CertificateAuthority.create("test");

  @Test
  void clientHasItsGroupsAndCannotServe() throws Exception {
    X509Certificate issued = authority.issueClient("me", "group-a", "group-b").certificate();

    issued.verify(authority.certificate().getPublicKey());
    issued.checkValidity();
    assertThat(issued.getSubjectX500Principal().getName())
        .contains("CN=me", "O=group-a", "O=group-b");
    assertThat(issued.getExtendedKeyUsage()).containsExactly(CLIENT_AUTHENTICATION);
    assertThat(issued.getBasicConstraints()).as("not an authority itself").isEqualTo(-1);
  }

  @Test
  void serverHasAddressesAndNames() throws Exception {
    X509Certificate issued =
        authority.issueServer("node", List.of("127.0.0.1", "::1", "localhost")).certificate();

    assertThat(issued.getSubjectAlternativeNames())
        .containsExactlyInAnyOrder(
            List.of(IP_ADDRESS, "127.0.0.1"),
            List.of(IP_ADDRESS, "0:0:0:0:0:0:0:1"),
            List.of(DNS_NAME, "localhost"));
    assertThat(issued.getExtendedKeyUsage()).containsExactly(SERVER_AUTHENTICATION);
  }

  @Test
  void everyCertificateHasItsOwnKeyAndSerial() {
    IssuedCertificate one = authority.issueClient("me");
    IssuedCertificate two = authority.issueClient("me");

    assertThat(one.key()).isNotEqualTo(two.key());
    assertThat(one.certificate().getSerialNumber())
        .isNotEqualTo(two.certificate().getSerialNumber());
  }

  @Test
  void laterOneIsTheSameAuthority() throws Exception {
    CertificateAuthority first = CertificateAuthority.loadOrCreate(directory, "kept");
    CertificateAuthority second = CertificateAuthority.loadOrCreate(directory, "kept");

    assertThat(second.certificate()).isEqualTo(first.certificate());
    X509Certificate issued = second.issueClient("me").certificate();
    assertThatCode(() -> issued.verify(first.certificate().getPublicKey()))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> issued.verify(authority.certificate().getPublicKey()))
        .isInstanceOf(SignatureException.class);
  }

  @Test
  void damagedKeyIsNamed() throws IOException {
    CertificateAuthority.loadOrCreate(directory, "kept");
    Files.writeString(directory.resolve("ca.key"), "garbage");

    assertThatThrownBy(() -> CertificateAuthority.loadOrCreate(directory, "kept"))
        .isInstanceOf(ControlPlaneException.class)
        .hasMessageContaining("ca.key");
  }

  @Test
  void filesAreForTheirOwnerOnly() throws IOException {
    IssuedCertificate.Files files = authority.issueClient("me").write(directory, "me");

    for (Path file : List.of(files.key(), files.certificate())) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    }
    assertThat(Files.readString(files.key())).startsWith("-----BEGIN PRIVATE KEY-----\n");
  }

  @Test
  void textOfACertificateHidesItsKey() {
    assertThat(authority.issueClient("me").toString()).contains("CN=me").doesNotContain("Key");
  }
}
