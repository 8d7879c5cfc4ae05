package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** The wire form of {@code metav1.Condition}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Condition(
    @Required
        @JsonPropertyDescription(
            "Ready, Reconciling, Stalled, and for a VirtualMachine also Running,"
                + " GuestAgentConnected, RestartRequired; for a VMSnapshot also Quiesced.")
        String type,
    @Required @JsonPropertyDescription("True, False or Unknown.") String status,
    @Required @JsonPropertyDescription("CamelCase token, stable across versions.") String reason,
    @Required @JsonPropertyDescription("Prose for people; may change at any time.") String message,
    @Required @JsonPropertyDescription("When status last changed.") String lastTransitionTime,
    @JsonPropertyDescription("The generation of the spec that this condition speaks of.")
        Long observedGeneration) {

  public boolean hasType(ConditionType other) {
    return other.name().equals(type);
  }

  public boolean holds() {
    return "True".equals(status);
  }
}
