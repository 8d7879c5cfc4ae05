package io.vmsnap.harness.machine;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What Flux, {@code kpt} and others conclude from a custom resource, by the rules that kstatus
 * publishes for kinds that it does not know:
 * https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md.
 */
public enum Kstatus {
  /** It is as its spec says. */
  Current,
  /** It is on its way. */
  InProgress,
  /** Nothing happens without a person. */
  Failed,
  /** It is being deleted. */
  Terminating,
  /** Nobody has looked at it: kstatus would call it Current, which tells nothing. */
  Unknown;

  /**
   * @param resource as the API server hands it out
   */
  public static Kstatus of(JsonNode resource) {
    if (resource.at("/metadata").hasNonNull("deletionTimestamp")) {
      return Terminating;
    }
    JsonNode status = resource.path("status");
    if (!status.hasNonNull("observedGeneration") || status.path("conditions").isEmpty()) {
      return Unknown;
    }
    if (status.get("observedGeneration").asLong() != resource.at("/metadata/generation").asLong()) {
      return InProgress;
    }
    if (is(status, "Reconciling", "True")) {
      return InProgress;
    }
    if (is(status, "Stalled", "True")) {
      return Failed;
    }
    return is(status, "Ready", "True") ? Current : InProgress;
  }

  private static boolean is(JsonNode status, String type, String value) {
    for (JsonNode condition : status.get("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText().equals(value);
      }
    }
    return false;
  }
}
