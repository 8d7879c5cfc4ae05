package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Waits for the API server with the administrator's certificate. */
final class ApiProbe implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofMillis(50);
  private static final Duration REQUEST_DEADLINE = Duration.ofSeconds(5);
  private static final char[] NO_PASSWORD = {};

  private final String server;
  private final HttpClient client;

  ApiProbe(String server, CertificateAuthority authority, IssuedCertificate user) {
    this.server = server;
    this.client =
        HttpClient.newBuilder()
            .sslContext(sslContext(authority, user))
            .connectTimeout(REQUEST_DEADLINE)
            .build();
  }

  /** Whether a GET is answered with 200; any other answer, and none, is a no. */
  boolean ok(String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server + path)).timeout(REQUEST_DEADLINE).build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while waiting for " + server, e);
    }
  }

  /**
   * Polls until the condition holds.
   *
   * @param needed must stay alive meanwhile
   * @throws ControlPlaneException if one of them ends or the time is up; its message has their logs
   */
  static void await(
      String what, BooleanSupplier condition, List<ChildProcess> needed, Duration deadline) {
    Instant end = Instant.now().plus(deadline);
    while (!condition.getAsBoolean()) {
      needed.forEach(ChildProcess::requireAlive);
      if (Instant.now().isAfter(end)) {
        throw new ControlPlaneException(
            "%s: not within %d s%n%s".formatted(what, deadline.toSeconds(), logs(needed)));
      }
      pause();
    }
  }

  private static String logs(List<ChildProcess> processes) {
    StringBuilder text = new StringBuilder();
    for (ChildProcess process : processes) {
      text.append("the end of %s:%n%s%n".formatted(process.log(), process.logTail()));
    }
    return text.toString();
  }

  private static void pause() {
    try {
      Thread.sleep(INTERVAL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while waiting for the control plane", e);
    }
  }

  private static SSLContext sslContext(CertificateAuthority authority, IssuedCertificate user) {
    try {
      KeyStore trusted = emptyStore();
      trusted.setCertificateEntry("authority", authority.certificate());
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      KeyStore own = emptyStore();
      own.setKeyEntry("user", user.key(), NO_PASSWORD, new X509Certificate[] {user.certificate()});
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, NO_PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("no TLS context from a certificate just issued", e);
    }
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
