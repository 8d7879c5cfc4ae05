package io.vmsnap.operator.operation;

import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.operator.status.Violation;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * An operation is tried until a job has done it, has said that it never will, or the terms are used
 * up. Each try has a Job of its own, and none begins while one may still run.
 *
 * @param attempts tries in all
 * @param deadline time from the first try's beginning
 */
public record Tries(int attempts, Duration deadline) {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
  private static final int DOUBLINGS = 5;

  /**
   * The first try, which is in the status before its job exists.
   *
   * @param owner UID of the resource that asks for it
   * @param infix tells operations of one resource apart; empty for the one that it is made for
   * @param requestHash what the job must have been made from
   */
  public static Attempt first(
      OperationKind kind, String owner, String infix, String requestHash, Instant now) {
    return new Attempt(
        kind, 1, "vmsnap-" + owner + infix + "-1", text(now), text(now), requestHash, null);
  }

  /** Whether a job can be made now, and if not, why. */
  public sealed interface Ground {
    record Firm() implements Ground {}

    record Missing(ConditionReason reason, String message) implements Ground {}

    static Ground broken(java.util.List<Violation> violations) {
      return new Missing(ConditionReason.InvalidSpec, Violation.list(violations));
    }
  }

  public JobStep decide(Attempt attempt, JobObservation outcome, Ground ground, Instant now) {
    return switch (outcome) {
      case JobObservation.Absent absent -> absent(attempt, ground, now);
      case JobObservation.Running running -> new JobStep.Watch(running.message());
      case JobObservation.Done done -> new JobStep.Done(done.outcome());
      case JobObservation.Failed failed -> failed(attempt, failed, now);
    };
  }

  private JobStep absent(Attempt attempt, Ground ground, Instant now) {
    if (!now.isBefore(end(attempt))) {
      return new JobStep.Fail(
          ConditionReason.TimedOut, "The deadline passed before a job could be made");
    }
    Instant notBefore = Instant.parse(attempt.notBefore());
    if (now.isBefore(notBefore)) {
      return new JobStep.Await(
          ConditionReason.Retrying, "The next try begins at " + notBefore, notBefore);
    }
    return switch (ground) {
      case Ground.Firm firm -> new JobStep.Start(attempt);
      case Ground.Missing missing ->
          new JobStep.Await(missing.reason(), missing.message(), end(attempt));
    };
  }

  private JobStep failed(Attempt attempt, JobObservation.Failed failed, Instant now) {
    Instant next = now.plus(FIRST_PAUSE.multipliedBy(1L << Math.min(attempt.number(), DOUBLINGS)));
    if (!failed.mayPass() || attempt.number() >= attempts || !next.isBefore(end(attempt))) {
      String suffix = failed.mayPass() ? " (given up after " + attempt.number() + " tries)" : "";
      return new JobStep.Fail(failed.reason(), failed.message() + suffix);
    }
    return new JobStep.Retry(next(attempt, next), failed.reason(), failed.message());
  }

  /** The try after one that failed. */
  public static Attempt next(Attempt attempt, Instant notBefore) {
    int number = attempt.number() + 1;
    String stem = attempt.job().substring(0, attempt.job().lastIndexOf('-') + 1);
    return new Attempt(
        attempt.operation(),
        number,
        stem + number,
        attempt.startTime(),
        text(notBefore),
        attempt.requestHash(),
        null);
  }

  /** Time that a try has, from its beginning; the same at every look. */
  public Duration remaining(Attempt attempt) {
    return Duration.between(Instant.parse(attempt.notBefore()), end(attempt));
  }

  private Instant end(Attempt attempt) {
    return Instant.parse(attempt.startTime()).plus(deadline);
  }

  private static String text(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
