package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;

/** What is to be snapshotted, and how. Names, description and deletionPolicy can change later. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(value = "self.vmName == oldSelf.vmName", message = "vmName is immutable")
@ValidationRule(
    value =
        "has(self.memory) == has(oldSelf.memory) && (!has(self.memory) || self.memory =="
            + " oldSelf.memory)",
    message = "memory is immutable")
@ValidationRule(
    value =
        "has(self.memoryMethod) == has(oldSelf.memoryMethod) && (!has(self.memoryMethod) ||"
            + " self.memoryMethod == oldSelf.memoryMethod)",
    message = "memoryMethod is immutable")
@ValidationRule(
    value =
        "has(self.quiesce) == has(oldSelf.quiesce) && (!has(self.quiesce) || self.quiesce =="
            + " oldSelf.quiesce)",
    message = "quiesce is immutable")
@ValidationRule(
    value =
        "has(self.timeout) == has(oldSelf.timeout) && (!has(self.timeout) || self.timeout =="
            + " oldSelf.timeout)",
    message = "timeout is immutable")
@ValidationRule(
    value =
        "has(self.reservePercent) == has(oldSelf.reservePercent) && (!has(self.reservePercent) ||"
            + " self.reservePercent == oldSelf.reservePercent)",
    message = "reservePercent is immutable")
@ValidationRule(
    value =
        "!(has(self.memory) && self.memory && has(self.quiesce) && has(self.quiesce.policy) &&"
            + " self.quiesce.policy == 'Required')",
    message =
        "memory needs no quiescing, and memory saved while the guest is frozen would resume frozen:"
            + " quiesce.policy Required cannot be combined with memory")
@JsonIgnoreProperties(ignoreUnknown = true)
public record VMSnapshotSpec(
    @Required
        @JsonPropertyDescription(
            "The VirtualMachine in the same namespace. It need not exist yet; the snapshot waits"
                + " for it.")
        @Pattern(Names.DNS_LABEL)
        @Size(min = 1, max = Names.MAX_VM_NAME)
        String vmName,
    @JsonPropertyDescription("Free text, kept in the snapshot's entry in the .vmsd file.")
        @Size(max = 1024)
        String description,
    @JsonPropertyDescription(
            "Saves the RAM too, so that a revert continues the guest where it was.")
        @Default("false")
        Boolean memory,
    @JsonPropertyDescription("Whether the guest's file systems are frozen and flushed meanwhile.")
        @Default("{}")
        Quiesce quiesce,
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
            "What deleting this resource does. Consolidate: the snapshot is removed from the"
                + " directory, and its delta is merged, so that every other state stays. Retain:"
                + " the snapshot stays in the directory, unmanaged.")
        @Default("Consolidate")
        DeletionPolicy deletionPolicy,
    @JsonPropertyDescription(
            "The name in the snapshot tree and in VMware's tools. Without it a new snapshot is named"
                + " like the resource, and one that was there keeps its name.")
        @Size(min = 1, max = MAX_DISPLAY_NAME)
        String displayName,
    @JsonPropertyDescription(
            "How the RAM is saved; of no effect without memory. Auto: PreCopy, and"
                + " BackgroundSnapshot for a guest that changes its RAM too fast for it. PreCopy:"
                + " the RAM is written while the guest runs, and the guest stands still for what it"
                + " keeps changing. BackgroundSnapshot: the guest stands still while its page tables"
                + " are walked, and its RAM is written afterwards; fails where the node's kernel or"
                + " the machine does not admit it. status.memory.method tells which one was used.")
        @Default("Auto")
        MemoryMethod memoryMethod,
    @JsonPropertyDescription(
            "Free space that this snapshot must leave on the volume, in percent of the total size of"
                + " the machine's disks. Without it: snapshotPolicy.reservePercent of the machine.")
        @Min(0)
        @Max(100)
        Integer reservePercent) {

  public static final String DEFAULT_TIMEOUT = "10m";
  public static final Duration MIN_TIMEOUT = Duration.ofSeconds(10);
  public static final Duration MAX_TIMEOUT = Duration.ofHours(24);
  public static final int MAX_DESCRIPTION = 1024;

  /** As long as VMware's clients take it. */
  public static final int MAX_DISPLAY_NAME = 80;

  /** A snapshot named like its resource. */
  public VMSnapshotSpec(
      String vmName,
      String description,
      Boolean memory,
      Quiesce quiesce,
      String timeout,
      DeletionPolicy deletionPolicy) {
    this(vmName, description, memory, quiesce, timeout, deletionPolicy, null, null, null);
  }

  public VMSnapshotSpec {
    memory = memory == null ? Boolean.FALSE : memory;
    quiesce = quiesce == null ? new Quiesce(null, null) : quiesce;
    timeout = timeout == null ? DEFAULT_TIMEOUT : timeout;
    deletionPolicy = deletionPolicy == null ? DeletionPolicy.Consolidate : deletionPolicy;
    memoryMethod = memoryMethod == null ? MemoryMethod.Auto : memoryMethod;
  }

  /** How the RAM is saved. */
  public enum MemoryMethod {
    Auto,
    PreCopy,
    BackgroundSnapshot
  }

  /** What becomes of the snapshot when its resource is deleted. */
  public enum DeletionPolicy {
    Consolidate,
    Retain
  }
}
