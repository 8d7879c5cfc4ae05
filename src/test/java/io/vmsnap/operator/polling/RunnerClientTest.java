package io.vmsnap.operator.polling;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.vmsnap.task.RunnerStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RunnerClientTest {
  private final RunnerClient client = new RunnerClient();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void readsTheStatus() {
    answer(200, "{\"powerState\":\"PoweredOn\",\"runState\":\"Running\",\"future\":1}");

    RunnerAnswer answer = client.ask("pod", uri());

    assertThat(answer)
        .isInstanceOfSatisfying(
            RunnerAnswer.Told.class,
            told -> assertThat(told.status().runState()).isEqualTo("Running"));
  }

  @Test
  void errorStatusIsSilence() {
    answer(503, "starting");

    assertThat(client.ask("pod", uri()))
        .isInstanceOfSatisfying(
            RunnerAnswer.Silent.class, s -> assertThat(s.why()).contains("HTTP 503"));
  }

  @Test
  void anythingButJsonIsSilence() {
    answer(200, "<html>");

    assertThat(client.ask("pod", uri())).isInstanceOf(RunnerAnswer.Silent.class);
  }

  @Test
  void endlessAnswerIsCutOff() {
    answer(200, "{\"powerState\":\"" + "x".repeat(2 << 20) + "\"}");

    assertThat(client.ask("pod", uri()))
        .isInstanceOfSatisfying(
            RunnerAnswer.Silent.class, s -> assertThat(s.why()).contains("more than"));
  }

  @Test
  void nobodyThereIsSilence() {
    URI uri = uri();
    server.stop(0);

    assertThat(client.ask("pod", uri)).isInstanceOf(RunnerAnswer.Silent.class);
  }

  private URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + RunnerStatus.PATH);
  }

  private void answer(int code, String body) {
    server.createContext(
        RunnerStatus.PATH,
        exchange -> {
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(code, bytes.length);
          try (var out = exchange.getResponseBody()) {
            out.write(bytes);
          } catch (IOException e) {
            // the client hung up, as it should on too long an answer
          }
        });
  }
}
