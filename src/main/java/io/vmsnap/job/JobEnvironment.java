package io.vmsnap.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.util.Map;

/** Reads what the operator put into the environment of a job. */
record JobEnvironment(Map<String, String> variables) {
  <T> T required(String name, Class<T> type) throws RefusedException {
    T value = optional(name, type);
    if (value == null) {
      throw new RefusedException(
          TaskReason.InvalidRequest, "the environment variable " + name + " is not set");
    }
    return value;
  }

  <T> T optional(String name, Class<T> type) throws RefusedException {
    String json = variables.get(name);
    if (json == null || json.isBlank()) {
      return null;
    }
    try {
      return TaskJson.read(json, type);
    } catch (JsonProcessingException e) {
      throw new RefusedException(
          TaskReason.InvalidRequest,
          "the environment variable "
              + name
              + " is not the JSON of a "
              + type.getSimpleName()
              + ": "
              + e.getOriginalMessage(),
          e);
    } catch (IOException e) {
      throw new RefusedException(TaskReason.InvalidRequest, name + ": " + e.getMessage(), e);
    }
  }
}
