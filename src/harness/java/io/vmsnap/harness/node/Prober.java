package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HTTPHeader;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Probe;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;

/** Carries out one probe and waits for its outcome: httpGet, tcpSocket or exec. */
final class Prober {
  private static final int MAX_OUTPUT = 512;

  private final Container container;
  private final ContainerPlan plan;
  private final String containerId;
  private final String nodeId;
  private final String podIp;

  /**
   * @param success whether the container passed
   * @param message why not, for the event
   */
  record Outcome(boolean success, String message) {}

  Prober(Container container, ContainerPlan plan, String containerId, String nodeId, String podIp) {
    this.container = container;
    this.plan = plan;
    this.containerId = containerId;
    this.nodeId = nodeId;
    this.podIp = podIp;
  }

  Outcome run(Probe probe, Duration timeout) {
    try {
      if (probe.getHttpGet() != null) {
        return httpGet(probe.getHttpGet(), timeout);
      }
      if (probe.getTcpSocket() != null) {
        String host = probe.getTcpSocket().getHost();
        return tcp(host == null ? podIp : host, port(probe.getTcpSocket().getPort()), timeout);
      }
      if (probe.getExec() != null) {
        return exec(probe, timeout);
      }
      return new Outcome(false, "this kind of probe is not supported by the local node");
    } catch (IOException | IllegalArgumentException e) {
      return new Outcome(false, String.valueOf(e.getMessage()));
    }
  }

  private Outcome httpGet(HTTPGetAction get, Duration timeout) throws IOException {
    String host = get.getHost() == null ? podIp : get.getHost();
    String scheme = get.getScheme() == null ? "http" : get.getScheme().toLowerCase();
    String path = get.getPath() == null ? "/" : get.getPath();
    URI uri =
        URI.create(
            scheme
                + "://"
                + host
                + ":"
                + port(get.getPort())
                + (path.startsWith("/") ? path : "/" + path));
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    if (connection instanceof HttpsURLConnection https) {
      // Probes check life, not identity: the kubelet does not verify certificates either.
      https.setSSLSocketFactory(TrustNobody.context().getSocketFactory());
      https.setHostnameVerifier((name, session) -> true);
    }
    connection.setConnectTimeout((int) timeout.toMillis());
    connection.setReadTimeout((int) timeout.toMillis());
    if (get.getHttpHeaders() != null) {
      for (HTTPHeader header : get.getHttpHeaders()) {
        connection.setRequestProperty(header.getName(), header.getValue());
      }
    }
    try {
      int status = connection.getResponseCode();
      return new Outcome(
          status >= 200 && status < 400, "HTTP probe failed with statuscode: " + status);
    } finally {
      connection.disconnect();
    }
  }

  private static Outcome tcp(String host, int port, Duration timeout) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), (int) timeout.toMillis());
      return new Outcome(true, "");
    }
  }

  private Outcome exec(Probe probe, Duration timeout) throws IOException {
    Path output = Files.createTempFile(plan.terminationMessage().getParent(), "probe", ".out");
    try {
      Process process =
          ContainerProcess.exec(containerId, nodeId, plan, probe.getExec().getCommand(), output);
      boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.destroyForcibly();
        return new Outcome(false, "command timed out after " + timeout.toSeconds() + "s");
      }
      byte[] bytes = Files.readAllBytes(output);
      String text =
          new String(bytes, 0, Math.min(bytes.length, MAX_OUTPUT), StandardCharsets.UTF_8);
      return new Outcome(process.exitValue() == 0, text);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome(false, "interrupted");
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /** A number, or the name of one of the container's ports. */
  private int port(IntOrString port) {
    if (port.getIntVal() != null) {
      return port.getIntVal();
    }
    for (ContainerPort candidate : container.getPorts()) {
      if (port.getStrVal().equals(candidate.getName())) {
        return candidate.getContainerPort();
      }
    }
    try {
      return Integer.parseInt(port.getStrVal());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("couldn't find port: " + port.getStrVal(), e);
    }
  }
}
