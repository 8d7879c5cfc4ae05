package io.vmsnap.operator.status;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A broken rule of the API.
 *
 * @param field path of the field, such as {@code spec.disks[1].size}
 * @param message what is wrong, and what would be right
 */
public record Violation(String field, String message) {
  @Override
  public String toString() {
    return field + ": " + message;
  }

  public static String list(List<Violation> violations) {
    return violations.stream().map(Violation::toString).collect(Collectors.joining("; "));
  }
}
