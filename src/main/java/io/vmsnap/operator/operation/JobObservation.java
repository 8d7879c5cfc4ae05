package io.vmsnap.operator.operation;

import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.task.TaskOutcome;

/** What is known of the job of the try under way. */
public sealed interface JobObservation {
  /** There is none. */
  record Absent() implements JobObservation {}

  /** It waits or runs; {@code message} says what keeps it from running, or is empty. */
  record Running(String message) implements JobObservation {}

  /** It did what was asked. */
  record Done(TaskOutcome outcome) implements JobObservation {}

  /** It did not; {@code mayPass} tells whether another try makes sense. */
  record Failed(ConditionReason reason, String message, boolean mayPass)
      implements JobObservation {}
}
