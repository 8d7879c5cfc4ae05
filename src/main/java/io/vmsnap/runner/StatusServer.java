package io.vmsnap.runner;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Answers on the pod's address: {@code /status}, {@code /healthz}, {@code /metrics}. */
final class StatusServer implements AutoCloseable {
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int METHOD_NOT_ALLOWED = 405;
  private static final int UNAVAILABLE = 503;

  private final StatusBoard board;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** A complete answer. */
  private record Answer(int code, String type, String body) {}

  /** Listens when it returns. */
  StatusServer(InetSocketAddress address, StatusBoard board) throws IOException {
    this.board = board;
    try {
      server = HttpServer.create(address, 0);
    } catch (IOException e) {
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  InetSocketAddress address() {
    return server.getAddress();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer =
          exchange.getRequestMethod().equals("GET")
              ? answer(exchange.getRequestURI().getPath())
              : new Answer(METHOD_NOT_ALLOWED, "text/plain", "only GET\n");
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", answer.type());
      exchange.sendResponseHeaders(answer.code(), body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  private Answer answer(String path) {
    return switch (path) {
      case RunnerStatus.PATH ->
          new Answer(OK, "application/json", TaskJson.write(board.status()) + "\n");
      case "/healthz" ->
          board.isHealthy()
              ? new Answer(OK, "text/plain", "ok\n")
              : new Answer(UNAVAILABLE, "text/plain", "the runner's loop hangs\n");
      case "/metrics" ->
          new Answer(OK, "text/plain; version=0.0.4; charset=utf-8", RunnerMetrics.text(board));
      default -> new Answer(NOT_FOUND, "text/plain", "try /status, /healthz or /metrics\n");
    };
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
