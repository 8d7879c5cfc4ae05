package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** A try: the job's name follows from the resource's UID, the operation and the number. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Attempt(
    @JsonPropertyDescription("What the job does.") OperationKind operation,
    @JsonPropertyDescription("1 for the first try.") Integer number,
    @JsonPropertyDescription("Name of the job.") String job,
    @JsonPropertyDescription("When the first try began; the deadline counts from here.")
        String startTime,
    @JsonPropertyDescription("When this try may begin.") String notBefore,
    @JsonPropertyDescription(
            "Hash of the request as accepted, such as a snapshot's vmName, memory, quiesce and"
                + " timeout. An API server before 1.25 does not hold them immutable; the operator"
                + " compares.")
        String requestHash,
    @JsonPropertyDescription("Whether the operation has ended, well or not.") Boolean ended) {

  public Attempt {
    operation = operation == null ? OperationKind.Create : operation;
  }

  public boolean isOpen(OperationKind kind) {
    return operation == kind && !Boolean.TRUE.equals(ended);
  }

  public Attempt end() {
    return new Attempt(operation, number, job, startTime, notBefore, requestHash, true);
  }
}
