package io.vmsnap.operator.polling;

import io.fabric8.kubernetes.api.model.Pod;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Asks runners for their state. Only ever called from the polling threads. */
@ApplicationScoped
public class RunnerClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** A directory with 32 snapshots of 15 disks answers with a few KiB. */
  private static final int MAX_ANSWER = 1 << 20;

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

  /** Asks the runner of a running pod; never throws, since silence is an answer too. */
  public RunnerAnswer ask(Pod pod) {
    String ip = pod.getStatus().getPodIP();
    String host = ip.contains(":") ? "[" + ip + "]" : ip;
    return ask(
        pod.getMetadata().getUid(),
        URI.create("http://" + host + ":" + RunnerStatus.PORT + RunnerStatus.PATH));
  }

  RunnerAnswer ask(String podUid, URI uri) {
    try {
      HttpResponse<InputStream> response =
          http.send(
              HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(),
              HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() != 200) {
          return new RunnerAnswer.Silent(podUid, uri + " answered HTTP " + response.statusCode());
        }
        byte[] bytes = body.readNBytes(MAX_ANSWER + 1);
        if (bytes.length > MAX_ANSWER) {
          return new RunnerAnswer.Silent(
              podUid, uri + " answered with more than " + MAX_ANSWER + " bytes");
        }
        return new RunnerAnswer.Told(
            podUid, TaskJson.read(new String(bytes, StandardCharsets.UTF_8), RunnerStatus.class));
      }
    } catch (IOException e) {
      return new RunnerAnswer.Silent(podUid, uri + ": " + describe(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new RunnerAnswer.Silent(podUid, uri + ": interrupted");
    }
  }

  private static String describe(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
