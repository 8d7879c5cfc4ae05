package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** The snapshot as the operator last observed it. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VMSnapshotStatus(
    @JsonPropertyDescription("Generation of the spec that this status answers.")
        Long observedGeneration,
    @JsonPropertyDescription(
            "Pending waits for the machine or for its turn; Creating has a job; Ready is in the"
                + " directory; Deleting is being merged, Deleted is out of the directory; Failed"
                + " was never taken, or has vanished from the directory.")
        Phase phase,
    @JsonPropertyDescription("Ready, Reconciling, Stalled and Quiesced.")
        List<Condition> conditions,
    @JsonPropertyDescription("Whether the snapshot is in the directory and whole.")
        Boolean readyToUse,
    @JsonPropertyDescription(
            "The snapshot's identity: its uid in the directory's .vmsd file. Names may repeat, uids"
                + " do not.")
        Long uid,
    @JsonPropertyDescription(
            "The snapshot before this one: a VMSnapshot's name, or the uid of an unmanaged one;"
                + " absent for a root.")
        String parent,
    @JsonPropertyDescription("The parent's uid; absent for a root.") Long parentUid,
    @JsonPropertyDescription("VMSnapshots whose parent is this one.") List<String> children,
    @JsonPropertyDescription("Whether the machine's running state hangs under this snapshot.")
        Boolean current,
    @JsonPropertyDescription("Power state of the machine at the moment of the snapshot.")
        PowerState powerState,
    @JsonPropertyDescription(
            "What a revert finds: Crash, as after a power cut; FileSystem, frozen and flushed;"
                + " Memory, the guest as it ran.")
        Consistency consistency,
    @JsonPropertyDescription("The .vmsn file with the machine's state, and its RAM with memory.")
        String memoryFile,
    @JsonPropertyDescription("The saved RAM; absent for a snapshot without memory.") Memory memory,
    @JsonPropertyDescription("The machine's disks at the moment of the snapshot.")
        List<SnapshotDisk> disks,
    @JsonPropertyDescription("Space, in quantities rounded to three digits.") Storage storage,
    @JsonPropertyDescription("What the snapshot cost the guest, in milliseconds.") Timing timing,
    @JsonPropertyDescription("How far a running operation is.") Progress progress,
    @JsonPropertyDescription("The moment that the snapshot captures.") String createTime,
    @JsonPropertyDescription("When the operation ended, well or not.") String completionTime,
    @JsonPropertyDescription("The name that the .vmsd file has.") String displayName,
    @JsonPropertyDescription("The description that the .vmsd file has.") String description,
    @JsonPropertyDescription("What deletion has removed and won.") Deletion deletion,
    @JsonPropertyDescription(
            "Decides between operations that were asked for within the same second.")
        Long sequence,
    @JsonPropertyDescription(
            "The job at work and the request it serves, written before the job is created.")
        Attempt attempt) {

  public VMSnapshotStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    children = children == null ? List.of() : List.copyOf(children);
    disks = disks == null ? List.of() : List.copyOf(disks);
  }

  /** Where a snapshot is in its life. */
  public enum Phase {
    Pending,
    Creating,
    Ready,
    Deleting,
    Deleted,
    Failed;

    /** Whether the snapshot has been taken, or never will be. */
    public boolean isFinal() {
      return this != Pending && this != Creating;
    }
  }

  /** What a revert to the snapshot finds. */
  public enum Consistency {
    Crash,
    FileSystem,
    Memory
  }

  /** One disk at the moment of the snapshot. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SnapshotDisk(
      @JsonPropertyDescription("The disk's place on the machine, such as scsi0:0.") String node,
      @JsonPropertyDescription("The disk's name in the VirtualMachine.") String name,
      @JsonPropertyDescription("The disk frozen by this snapshot.") String file,
      @JsonPropertyDescription("The delta disk that took the writes from then on.") String writesTo,
      @JsonPropertyDescription("Size that the guest sees.") String capacity,
      @JsonPropertyDescription("Space that the frozen disk takes.") String used,
      @JsonPropertyDescription("Content id of the frozen disk.") String cid,
      @JsonPropertyDescription("Content id of its parent; ffffffff for a base disk.")
          String parentCID) {}

  /** Space of a snapshot. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Storage(
      @JsonPropertyDescription("Taken by the disks that the snapshot froze and by its state file.")
          String used,
      @JsonPropertyDescription("Demanded as free before it began.") String required,
      @JsonPropertyDescription("Left free after it.") String free) {}

  /** A finished deletion. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Deletion(
      @JsonPropertyDescription("Uids of the snapshots that are gone from the .vmsd file.")
          List<Long> removedUids,
      @JsonPropertyDescription("Data that was copied into parents.") String merged,
      @JsonPropertyDescription("Space that was won.") String freed,
      @JsonPropertyDescription("When the deletion ended.") String completionTime) {
    public Deletion {
      removedUids = removedUids == null ? List.of() : List.copyOf(removedUids);
    }
  }

  /** Saved RAM. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Memory(
      @JsonPropertyDescription("Space that it takes on the volume.") String used,
      @JsonPropertyDescription(
              "How it was saved: PreCopy, or BackgroundSnapshot where the guest changed its memory too"
                  + " fast for it.")
          String method) {}

  /** Times of an operation. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Timing(
      @JsonPropertyDescription(
              "Time for which the guest's file systems were frozen; absent if they were not.")
          Double freezeMillis,
      @JsonPropertyDescription(
              "Time that the guest took to flush and freeze; part of freezeMillis.")
          Double flushMillis,
      @JsonPropertyDescription("Time that the guest took to thaw; part of freezeMillis.")
          Double thawMillis,
      @JsonPropertyDescription(
              "Time for which the guest did not run; absent if it was powered off.")
          Double stunMillis,
      @JsonPropertyDescription("Time of the whole operation.") Double totalMillis) {}
}
