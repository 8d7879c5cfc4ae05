package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What QEMU may send: one JSON object a line. */
sealed interface QmpMessage {
  JsonMapper JSON = JsonMapper.builder().build();

  /** Characters of a senseless message that are quoted in an error. */
  int QUOTED = 120;

  record Greeting(QmpGreeting value) implements QmpMessage {}

  record Event(QmpEvent event) implements QmpMessage {}

  record Answer(String id, JsonNode value) implements QmpMessage {}

  /** The id is null if QEMU could not even read it. */
  record Refusal(String id, String errorClass, String description) implements QmpMessage {}

  static QmpMessage parse(byte[] line) throws QmpProtocolException {
    JsonNode message;
    try {
      message = JSON.readTree(line);
    } catch (IOException e) {
      throw senseless(line, e);
    }
    if (message == null || !message.isObject()) {
      throw senseless(line, null);
    }
    JsonNode id = message.path("id");
    if (message.has("event")) {
      return new Event(QmpEvent.parse(message));
    }
    if (message.has("return") && id.isTextual()) {
      return new Answer(id.asText(), message.get("return"));
    }
    if (message.has("error")) {
      JsonNode error = message.get("error");
      return new Refusal(
          id.isTextual() ? id.asText() : null,
          error.path("class").asText(),
          error.path("desc").asText());
    }
    JsonNode version = message.path("QMP").path("version");
    if (version.isObject()) {
      JsonNode qemu = version.path("qemu");
      return new Greeting(
          new QmpGreeting(
              qemu.path("major").asInt(),
              qemu.path("minor").asInt(),
              qemu.path("micro").asInt(),
              version.path("package").asText()));
    }
    throw senseless(line, null);
  }

  static byte[] request(String id, QmpCommand<?> command) {
    ObjectNode message = JSON.createObjectNode();
    message.put("execute", command.name());
    JsonNode arguments = command.arguments();
    if (arguments != null) {
      message.set("arguments", arguments);
    }
    message.put("id", id);
    try {
      return (JSON.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree is always writable", e);
    }
  }

  private static QmpProtocolException senseless(byte[] line, Throwable cause) {
    String text = new String(line, 0, Math.min(line.length, QUOTED), StandardCharsets.UTF_8);
    return new QmpProtocolException("not a QMP message: \"" + text + "\"", true, cause);
  }
}
