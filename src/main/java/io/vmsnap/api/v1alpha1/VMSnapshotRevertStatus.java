package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** The revert as the operator last observed it. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VMSnapshotRevertStatus(
    @JsonPropertyDescription("Generation of the spec that this status answers.")
        Long observedGeneration,
    @JsonPropertyDescription(
            "Pending waits for the machine, the snapshot or its turn; Saving takes the snapshot of"
                + " the state that is being left; Reverting has a job; Succeeded and Failed are"
                + " final, and nothing happens again.")
        Phase phase,
    @JsonPropertyDescription("Ready, Reconciling and Stalled.") List<Condition> conditions,
    @JsonPropertyDescription("Uid, in the .vmsd file, of the snapshot to return to.")
        Long snapshotUid,
    @JsonPropertyDescription("VMSnapshot that holds the state that was left.") String savedSnapshot,
    @JsonPropertyDescription("What the machine is to be since.") PowerState powerStateAfter,
    @JsonPropertyDescription("How memory was loaded; absent without memory.")
        VMSnapshotRevertSpec.MemoryLoad memoryLoad,
    @JsonPropertyDescription("Space that the state that was left had taken.") String discarded,
    @JsonPropertyDescription("What the revert took, in milliseconds.") Timing timing,
    @JsonPropertyDescription("How far a running operation is.") Progress progress,
    @JsonPropertyDescription("When the operation began.") String startTime,
    @JsonPropertyDescription("When the operation ended, well or not.") String completionTime,
    @JsonPropertyDescription(
            "Decides between operations that were asked for within the same second.")
        Long sequence,
    @JsonPropertyDescription(
            "The job at work and the request it serves, written before the job is created.")
        Attempt attempt) {

  public VMSnapshotRevertStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }

  /** Where a revert is in its life. */
  public enum Phase {
    Pending,
    Saving,
    Reverting,
    Succeeded,
    Failed;

    public boolean isFinal() {
      return this == Succeeded || this == Failed;
    }

    public boolean hasBegun() {
      return this == Saving || this == Reverting;
    }
  }

  /** Times of a revert. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Timing(
      @JsonPropertyDescription("Until the guest ran; absent if it does not.") Double runningMillis,
      @JsonPropertyDescription("Time of the whole operation.") Double totalMillis) {}
}
