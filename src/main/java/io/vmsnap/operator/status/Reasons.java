package io.vmsnap.operator.status;

import io.vmsnap.api.v1alpha1.ConditionReason;
import java.util.Arrays;

/** Reasons out of the tokens of jobs. */
public final class Reasons {
  private Reasons() {}

  /** Every token of a job is a reason too; a newer job may know more of them. */
  public static ConditionReason of(String token, ConditionReason unknown) {
    return Arrays.stream(ConditionReason.values())
        .filter(reason -> reason.name().equals(token))
        .findFirst()
        .orElse(unknown);
  }
}
