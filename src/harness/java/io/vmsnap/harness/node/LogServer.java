package io.vmsnap.harness.node;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * The part of the kubelet's server that {@code kubectl logs} needs: {@code
 * /containerLogs/NAMESPACE/POD/CONTAINER} with {@code follow}, {@code previous}, {@code tailLines}
 * and {@code limitBytes}. The files hold what the processes wrote, without times: {@code
 * timestamps}, {@code sinceSeconds} and {@code sinceTime} are answered with all there is. Clients
 * must show a certificate. Attach, exec and port-forward are not supported and say so.
 */
final class LogServer implements AutoCloseable {
  private static final String LOGS = "/containerLogs/";

  private final HttpsServer server;
  private final PodWorkers workers;

  private LogServer(HttpsServer server, PodWorkers workers) {
    this.server = server;
    this.workers = workers;
  }

  /** Listens on a free port of the address. */
  static LogServer start(String address, SSLContext tls, PodWorkers workers) throws IOException {
    HttpsServer server = HttpsServer.create(new InetSocketAddress(address, 0), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(tls) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
            ssl.setNeedClientAuth(true);
            parameters.setSSLParameters(ssl);
          }
        });
    LogServer logs = new LogServer(server, workers);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(LOGS, logs::serve);
    server.createContext(
        "/", exchange -> fail(exchange, 501, "not supported by the local node, only logs are"));
    server.start();
    return logs;
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void serve(HttpExchange exchange) throws IOException {
    String[] parts = exchange.getRequestURI().getPath().substring(LOGS.length()).split("/");
    if (parts.length != 3) {
      fail(exchange, 404, "expected " + LOGS + "NAMESPACE/POD/CONTAINER");
      return;
    }
    Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
    boolean previous = Boolean.parseBoolean(query.get("previous"));
    Optional<LogSource> source =
        workers.find(parts[0], parts[1]).flatMap(worker -> worker.log(parts[2], previous));
    if (source.isEmpty() || !Files.isRegularFile(source.get().file())) {
      fail(
          exchange,
          404,
          (previous ? "previous terminated container \"" : "container \"")
              + parts[2]
              + "\" in pod \""
              + parts[1]
              + "\" has no log");
      return;
    }
    long tail = query.containsKey("tailLines") ? Long.parseLong(query.get("tailLines")) : -1;
    long limit =
        query.containsKey("limitBytes") ? Long.parseLong(query.get("limitBytes")) : Long.MAX_VALUE;
    exchange.getResponseHeaders().set("Content-Type", "text/plain");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      new LogStream(source.get(), limit).copy(tail, Boolean.parseBoolean(query.get("follow")), out);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void fail(HttpExchange exchange, int status, String message) throws IOException {
    byte[] body = (message + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    for (String pair : raw == null ? new String[0] : raw.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        query.put(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
