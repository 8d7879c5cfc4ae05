package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;

/** Whether the guest's file systems are frozen and flushed while the disks switch. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Quiesce(
    @JsonPropertyDescription(
            "None does not try. BestEffort tries, and goes on without where the guest agent is"
                + " missing or fails. Required fails the snapshot then.")
        @Default("None")
        Policy policy,
    @JsonPropertyDescription(
            "Longest time for which the guest's file systems may stay frozen, such as 10s; 1s to"
                + " 10m.")
        @Default(DEFAULT_TIMEOUT)
        @Pattern(DurationText.PATTERN)
        @Size(min = 2, max = 20)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('10m')",
            message = "quiesce.timeout must be from 1s to 10m")
        String timeout) {

  public static final String DEFAULT_TIMEOUT = "10s";
  public static final Duration MIN_TIMEOUT = Duration.ofSeconds(1);
  public static final Duration MAX_TIMEOUT = Duration.ofMinutes(10);

  public Quiesce {
    policy = policy == null ? Policy.None : policy;
    timeout = timeout == null ? DEFAULT_TIMEOUT : timeout;
  }

  /** How much quiescing matters. */
  public enum Policy {
    None,
    BestEffort,
    Required
  }
}
