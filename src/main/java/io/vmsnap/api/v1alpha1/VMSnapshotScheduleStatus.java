package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** The schedule as the operator last observed it. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record VMSnapshotScheduleStatus(
    @JsonPropertyDescription("Generation of the spec that this status answers.")
        Long observedGeneration,
    @JsonPropertyDescription("Ready, Reconciling and Stalled.") List<Condition> conditions,
    @JsonPropertyDescription("The time of the schedule that was last served.")
        String lastScheduleTime,
    @JsonPropertyDescription("The time of the newest snapshot that became Ready.")
        String lastSuccessfulTime,
    @JsonPropertyDescription("The last time that was missed beyond startingDeadlineSeconds.")
        String lastMissedTime,
    @JsonPropertyDescription("When the next snapshots are due; absent while suspended.")
        String nextScheduleTime,
    @JsonPropertyDescription("Machines that the selector selects.") Integer machines,
    @JsonPropertyDescription("Snapshots of this schedule that are not finished.") Integer active,
    @JsonPropertyDescription("Snapshots of this schedule that are Ready.") Integer kept) {

  public VMSnapshotScheduleStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }
}
