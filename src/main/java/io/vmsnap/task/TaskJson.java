package io.vmsnap.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The JSON that operator, runner and jobs exchange. Unknown fields are ignored, so that an older
 * reader understands a newer writer.
 */
public final class TaskJson {
  /**
   * Kubernetes keeps 4096 bytes of a container's termination message (API reference, Container).
   */
  public static final int MAX_TERMINATION_MESSAGE = 4096;

  private static final int MAX_UNPACKED = 1 << 20;
  private static final String GZIP_MARK = "gzip:";

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .build();

  private TaskJson() {}

  public static String write(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a task record must be writable: " + value.getClass(), e);
    }
  }

  /**
   * @throws IOException if the text is not JSON of that type, or {@code null}
   */
  public static <T> T read(String json, Class<T> type) throws IOException {
    T value = MAPPER.readValue(json, type);
    if (value == null) {
      throw new IOException("null where a " + type.getSimpleName() + " must be");
    }
    return value;
  }

  /** JSON as it is, or gzipped in base64 where it would be cut off in a termination message. */
  public static String writeTerminationMessage(TaskOutcome outcome) {
    String json = write(outcome);
    if (json.getBytes(StandardCharsets.UTF_8).length <= MAX_TERMINATION_MESSAGE) {
      return json;
    }
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
        gzip.write(json.getBytes(StandardCharsets.UTF_8));
      }
      return GZIP_MARK + Base64.getEncoder().encodeToString(bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException("memory streams do not fail", e);
    }
  }

  /**
   * Reads what {@link #writeTerminationMessage} wrote.
   *
   * @throws IOException if the message was cut off, is no outcome, or unpacks to more than 1 MiB
   */
  public static TaskOutcome readTerminationMessage(String message) throws IOException {
    if (!message.startsWith(GZIP_MARK)) {
      return read(message, TaskOutcome.class);
    }
    byte[] packed;
    try {
      packed = Base64.getDecoder().decode(message.substring(GZIP_MARK.length()).strip());
    } catch (IllegalArgumentException e) {
      throw new IOException("termination message is not base64", e);
    }
    try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      byte[] json = gzip.readNBytes(MAX_UNPACKED);
      if (gzip.read() >= 0) {
        throw new IOException("termination message unpacks to more than " + MAX_UNPACKED);
      }
      return read(new String(json, StandardCharsets.UTF_8), TaskOutcome.class);
    }
  }
}
