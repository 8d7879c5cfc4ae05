package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatusServerTest {
  private final StatusBoard board = new StatusBoard();
  private final HttpClient client = HttpClient.newHttpClient();
  private StatusServer server;

  @BeforeEach
  void start() throws IOException {
    server = new StatusServer(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), board);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> request(String method, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.address().getPort() + path);
    return client.send(
        HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody()).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private void fillBoard() {
    board.phase(RunPhase.IO_ERROR);
    board.machine("tcg", "10.0.2");
    board.agentConnected(true);
    board.ioErrorPause();
    board.problem(TaskReason.InsufficientSpace, "the volume is full");
    board.directory(
        new DirectoryWatch.Look(
            new RunnerStatus.Directory(100, 1, 2, 3, 4, List.of(), 5L),
            List.of(new RunnerStatus.Snapshot(7, null, "first", "", Instant.EPOCH, false)),
            7L,
            7,
            "revert-1",
            new TreeMap<>(Map.of("scsi0:0", 1))),
        null);
    board.round();
  }

  @Test
  void servesTheStatusAsJson() throws Exception {
    fillBoard();
    HttpResponse<String> response = request("GET", "/status");
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    RunnerStatus status = TaskJson.read(response.body(), RunnerStatus.class);
    assertThat(status.powerState()).isEqualTo("PoweredOn");
    assertThat(status.runState()).isEqualTo("IoError");
    assertThat(status.currentUid()).isEqualTo(7);
    assertThat(status.problem().reason()).isEqualTo(TaskReason.InsufficientSpace);
    assertThat(status.directory().deltaBytes()).isEqualTo(3);
  }

  @Test
  void aRunnerThatHasNotStartedItsMachineIsHealthy() throws Exception {
    assertThat(request("GET", "/healthz").statusCode()).isEqualTo(200);
    assertThat(request("GET", "/status").body()).contains("\"runState\":\"Starting\"");
  }

  @Test
  void refusesWhatItDoesNotServe() throws Exception {
    assertThat(request("GET", "/statusx").statusCode()).isEqualTo(404);
    assertThat(request("POST", "/status").statusCode()).isEqualTo(405);
  }

  @Test
  void servesTheMetricsThatAreDocumentedAndNoOthers() throws Exception {
    fillBoard();
    String metrics = request("GET", "/metrics").body();
    assertThat(metrics)
        .contains(
            "vmsnap_run_state{state=\"IoError\"} 1\n",
            "vmsnap_run_state{state=\"Running\"} 0\n",
            "vmsnap_directory_bytes{kind=\"delta\"} 3\n",
            "vmsnap_io_error_pauses_total 1\n",
            "vmsnap_volume_free_ratio 0.01\n",
            "vmsnap_delta_growth_bytes_per_hour 5\n",
            "vmsnap_chain_depth{disk=\"scsi0:0\"} 1\n");
    String page = Files.readString(Path.of("docs/reference/metrics-runner.md"));
    assertThat(names(page, "(?m)^\\| `(vmsnap_[a-z_]+)`"))
        .isEqualTo(names(metrics, "(?m)^# TYPE (\\S+)"));
  }

  private static List<String> names(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.results().map(result -> result.group(1)).sorted().toList();
  }

  @Test
  void anAddressInUseIsNamed() {
    assertThatThrownBy(() -> new StatusServer(server.address(), board))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen on /127.0.0.1:" + server.address().getPort());
  }
}
