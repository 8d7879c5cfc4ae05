package io.vmsnap.harness.bench.scale;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The requests of one user, as kube-apiserver itself counts them: its audit log, which has one line
 * for each answer, refusals too.
 */
public final class RequestLog {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path policy;
  private final Path log;

  private RequestLog(Path policy, Path log) {
    this.policy = policy;
    this.log = log;
  }

  /**
   * @param directory that the API server may write to
   * @param user whose requests are kept; those of all others leave no line
   */
  static RequestLog in(Path directory, String user) throws IOException {
    Files.createDirectories(directory);
    Path policy =
        Files.writeString(
            directory.resolve("audit-policy.yaml"),
            """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
              - level: Metadata
                users: [%s]
              - level: None
            """
                .formatted(user));
    return new RequestLog(policy, directory.resolve("audit.log"));
  }

  /** What kube-apiserver must be told; the sizes are in MB, and never start a second file. */
  List<String> apiServerOptions() {
    return List.of(
        "--audit-policy-file=" + policy, "--audit-log-path=" + log, "--audit-log-maxsize=100000");
  }

  /** A place in the log. */
  long mark() throws IOException {
    return Files.exists(log) ? Files.size(log) : 0;
  }

  /** The requests answered between two marks; a watch counts when it begins. */
  List<Request> between(long from, long to) throws IOException {
    List<Request> requests = new ArrayList<>();
    if (from >= to) {
      return requests;
    }
    try (InputStream in = Files.newInputStream(log)) {
      in.skipNBytes(from);
      // one character is one byte, so that lines tell how far the reader is
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.ISO_8859_1));
      long at = from;
      String line = lines.readLine();
      while (line != null && at + line.length() < to) {
        at += line.length() + 1;
        JsonNode event = JSON.readTree(line);
        String verb = event.path("verb").asText();
        String stage = verb.equals("watch") ? "ResponseStarted" : "ResponseComplete";
        if (event.path("stage").asText().equals(stage)) {
          requests.add(request(verb, event));
        }
        line = lines.readLine();
      }
    }
    return requests;
  }

  private static Request request(String verb, JsonNode event) {
    JsonNode object = event.path("objectRef");
    String subresource = object.path("subresource").asText();
    String resource = object.path("resource").asText(event.path("requestURI").asText());
    return new Request(
        verb,
        subresource.isEmpty() ? resource : resource + "/" + subresource,
        object.path("namespace").asText() + "/" + object.path("name").asText(),
        event.path("responseStatus").path("code").asInt());
  }

  /**
   * An answered request.
   *
   * @param verb as Kubernetes has them: {@code get}, {@code list}, {@code patch}, ...
   * @param resource plural name, with the subresource: {@code vmsnapshots/status}
   * @param object namespace and name
   * @param code HTTP status
   */
  public record Request(String verb, String resource, String object, int code) {
    public boolean isWrite() {
      return !List.of("get", "list", "watch").contains(verb);
    }

    public String what() {
      return verb + " " + resource;
    }
  }
}
