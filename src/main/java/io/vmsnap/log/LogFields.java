package io.vmsnap.log;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What every log line of a process is about. The operator hands it to its pods in an environment
 * variable, because a job must not read JSON only to know its own name.
 *
 * @param values by name: {@code namespace}, {@code vm}, {@code snapshot}, {@code revert}, {@code
 *     operation}; in the order in which they are printed
 */
public record LogFields(Map<String, String> values) {
  /** Fields of a pod's log lines, as {@code namespace=demo,vm=web}. */
  public static final String ENVIRONMENT_VARIABLE = "VMSNAP_LOG_FIELDS";

  /** {@code true}: log lines are JSON objects. The same for operator, runners and jobs. */
  public static final String JSON_VARIABLE = "VMSNAP_LOG_JSON";

  public static final String NAMESPACE = "namespace";
  public static final String VM = "vm";
  public static final String SNAPSHOT = "snapshot";
  public static final String REVERT = "revert";
  public static final String SCHEDULE = "schedule";
  public static final String OPERATION = "operation";

  public LogFields {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** Of this process; empty outside of the operator's pods. */
  public static LogFields ofProcess() {
    return parse(System.getenv(ENVIRONMENT_VARIABLE));
  }

  /** Whether log lines of this process are to be JSON. */
  public static boolean isJsonWanted() {
    return "true".equalsIgnoreCase(System.getenv(JSON_VARIABLE));
  }

  /**
   * Reads {@link #text}; what is not {@code name=value} is left out, because a log must not fail.
   */
  public static LogFields parse(String text) {
    Map<String, String> values = new LinkedHashMap<>();
    if (text != null) {
      for (String field : text.split(",")) {
        int equals = field.indexOf('=');
        if (equals > 0) {
          values.put(field.substring(0, equals).trim(), field.substring(equals + 1).trim());
        }
      }
    }
    return new LogFields(values);
  }

  /** The fields with one more, or the same ones if there is no such value. */
  public LogFields with(String name, String value) {
    if (value == null || value.isEmpty()) {
      return this;
    }
    Map<String, String> more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new LogFields(more);
  }

  /** For {@link #ENVIRONMENT_VARIABLE}. Names of resources have no commas. */
  public String text() {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (name, value) ->
            text.append(text.isEmpty() ? "" : ",").append(name).append('=').append(value));
    return text.toString();
  }
}
