package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;

/** Where to return to, and how. Nothing of it can change, except how long the resource stays. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(value = "self.vmName == oldSelf.vmName", message = "vmName is immutable")
@ValidationRule(
    value = "self.snapshotName == oldSelf.snapshotName",
    message = "snapshotName is immutable")
@ValidationRule(
    value =
        "has(self.power) == has(oldSelf.power) && (!has(self.power) || self.power =="
            + " oldSelf.power)",
    message = "power is immutable")
@ValidationRule(
    value =
        "has(self.ifRunning) == has(oldSelf.ifRunning) && (!has(self.ifRunning) || self.ifRunning"
            + " == oldSelf.ifRunning)",
    message = "ifRunning is immutable")
@ValidationRule(
    value =
        "has(self.saveCurrentState) == has(oldSelf.saveCurrentState) &&"
            + " (!has(self.saveCurrentState) || self.saveCurrentState =="
            + " oldSelf.saveCurrentState)",
    message = "saveCurrentState is immutable")
@ValidationRule(
    value =
        "has(self.memoryLoad) == has(oldSelf.memoryLoad) && (!has(self.memoryLoad) ||"
            + " self.memoryLoad == oldSelf.memoryLoad)",
    message = "memoryLoad is immutable")
@ValidationRule(
    value =
        "has(self.timeout) == has(oldSelf.timeout) && (!has(self.timeout) || self.timeout =="
            + " oldSelf.timeout)",
    message = "timeout is immutable")
@JsonIgnoreProperties(ignoreUnknown = true)
public record VMSnapshotRevertSpec(
    @Required
        @JsonPropertyDescription(
            "The VirtualMachine in the same namespace. It need not exist yet; the revert waits for"
                + " it.")
        @Pattern(Names.DNS_LABEL)
        @Size(min = 1, max = Names.MAX_VM_NAME)
        String vmName,
    @Required
        @JsonPropertyDescription(
            "The VMSnapshot of that machine to return to. It need not be ready yet; the revert"
                + " waits for it.")
        @Pattern(Names.DNS_LABEL)
        @Size(min = 1, max = Names.MAX_SNAPSHOT_NAME)
        String snapshotName,
    @JsonPropertyDescription(
            "Whether the machine runs afterwards. FromSnapshot: it runs if the snapshot holds its"
                + " memory, else it is off. PoweredOn without memory boots as after a power cut;"
                + " PoweredOff does not use the memory.")
        @Default("FromSnapshot")
        Power power,
    @JsonPropertyDescription(
            "What to do about a machine that runs. Stop: its running state is given up. Wait: until"
                + " it is powered off. Fail: the revert fails.")
        @Default("Stop")
        IfRunning ifRunning,
    @JsonPropertyDescription(
            "First takes a snapshot, named <revert>-saved, of the state that is being left: with"
                + " memory if the machine runs. Without it that state is lost.")
        @Default("false")
        Boolean saveCurrentState,
    @JsonPropertyDescription(
            "How saved memory is loaded. OnDemand: the guest goes on at once, and pages are read"
                + " as it touches them. Eager: all of it is read first.")
        @Default("OnDemand")
        MemoryLoad memoryLoad,
    @JsonPropertyDescription(
            "Deadline of the whole operation from its start, such as 10m; 10s to 24h.")
        @Default(DEFAULT_TIMEOUT)
        @Pattern(DurationText.PATTERN)
        @Size(min = 2, max = 20)
        @ValidationRule(
            value = "duration(self) >= duration('10s') && duration(self) <= duration('24h')",
            message = "timeout must be from 10s to 24h")
        String timeout,
    @JsonPropertyDescription(
            "How long the resource stays after it has ended; for ever without it. Leave it out in"
                + " Git: a tool that makes the resource anew would make a new revert.")
        @Min(0)
        Integer ttlSecondsAfterFinished) {

  public static final String DEFAULT_TIMEOUT = "10m";
  public static final Duration MIN_TIMEOUT = Duration.ofSeconds(10);
  public static final Duration MAX_TIMEOUT = Duration.ofHours(24);

  public VMSnapshotRevertSpec {
    power = power == null ? Power.FromSnapshot : power;
    ifRunning = ifRunning == null ? IfRunning.Stop : ifRunning;
    saveCurrentState = saveCurrentState == null ? Boolean.FALSE : saveCurrentState;
    memoryLoad = memoryLoad == null ? MemoryLoad.OnDemand : memoryLoad;
    timeout = timeout == null ? DEFAULT_TIMEOUT : timeout;
  }

  /** Power after a revert. */
  public enum Power {
    FromSnapshot,
    PoweredOn,
    PoweredOff
  }

  /** What to do about a running machine. */
  public enum IfRunning {
    Stop,
    Wait,
    Fail
  }

  /** How saved memory comes back. */
  public enum MemoryLoad {
    OnDemand,
    Eager
  }
}
