package io.vmsnap.operator.operation;

import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.task.TaskOutcome;
import java.time.Instant;

/** What to do next about an operation whose attempt is recorded. */
public sealed interface JobStep {
  /** Create the recorded try's job. */
  record Start(Attempt attempt) implements JobStep {}

  /** The recorded try's job may not begin yet, or has nothing to run on. */
  record Await(ConditionReason reason, String message, Instant until) implements JobStep {}

  /** The job waits or runs. */
  record Watch(String message) implements JobStep {}

  /** Record another try after one that failed. */
  record Retry(Attempt next, ConditionReason reason, String message) implements JobStep {}

  /** The job did it. */
  record Done(TaskOutcome outcome) implements JobStep {}

  /** No job will. */
  record Fail(ConditionReason reason, String message) implements JobStep {}
}
