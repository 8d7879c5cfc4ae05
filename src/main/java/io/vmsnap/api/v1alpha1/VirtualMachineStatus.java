package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** The virtual machine as the operator last observed it. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VirtualMachineStatus(
    @JsonPropertyDescription("Generation of the spec that this status answers.")
        Long observedGeneration,
    @JsonPropertyDescription("Ready, Reconciling, Stalled, Running and others.")
        List<Condition> conditions,
    @JsonPropertyDescription("Whether the machine runs, as observed.") PowerState powerState,
    @JsonPropertyDescription("Pod that runs the machine.") String pod,
    @JsonPropertyDescription("Node of the pod.") String node,
    @JsonPropertyDescription("Address of the pod.") String podIP,
    @JsonPropertyDescription("kvm or tcg, while the machine runs.") String accelerator,
    @JsonPropertyDescription("Version of QEMU that runs the machine.") String qemuVersion,
    @JsonPropertyDescription("The VM directory and the space it takes.") DirectoryStatus directory,
    @JsonPropertyDescription(
            "Disks as accepted. An API server before 1.25 does not check that disks neither shrink"
                + " nor vanish; the operator compares the spec with this list.")
        List<AcceptedDisk> disks,
    @JsonPropertyDescription("Parent of the running state: 'you are here'.")
        SnapshotReference currentSnapshot,
    @JsonPropertyDescription("Snapshots without a parent.") List<SnapshotReference> rootSnapshots,
    @JsonPropertyDescription(
            "Snapshots in the directory that no VMSnapshot stands for, made by other tools or left"
                + " by a deleted resource.")
        List<SnapshotReference> unmanagedSnapshots,
    @JsonPropertyDescription(
            "Every snapshot of the directory as last seen: the tree, by uids and parents' uids.")
        List<SnapshotEntry> snapshots,
    @JsonPropertyDescription(
            "The highest uid that the .vmsd file has ever given; none is given twice.")
        Long lastSnapshotUid,
    @JsonPropertyDescription("The last revert. Its UID is never served again.")
        RevertReference lastRevert,
    @JsonPropertyDescription(
            "What the machine is to be since a revert, in place of spec.powerState; holds until"
                + " that field changes.")
        PowerOverride powerOverride,
    @JsonPropertyDescription("What a job does to the directory at this moment.")
        Operation operation,
    @JsonPropertyDescription("When the machine was suspended; absent unless it is.")
        String suspendTime,
    @JsonPropertyDescription("The value of the annotation vmsnap.io/consolidate served last.")
        String consolidated,
    @JsonPropertyDescription("The machine's own job, written before it is created.")
        Attempt attempt,
    @JsonPropertyDescription("How often the runner ended by itself, and when it last did.")
        Restarts restarts) {

  /** The directory, and quantities rounded to three digits. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record DirectoryStatus(
      @JsonPropertyDescription("PersistentVolumeClaim that holds the directory.") String claimName,
      @JsonPropertyDescription("Directory in the volume; absent for its root.") String path,
      @JsonPropertyDescription("Size of the volume.") String capacity,
      @JsonPropertyDescription("Free space of the volume.") String free,
      @JsonPropertyDescription("Space taken by base disks.") String base,
      @JsonPropertyDescription("Space taken by delta disks.") String deltas,
      @JsonPropertyDescription("Space taken by saved memory.") String memory,
      @JsonPropertyDescription(
              "What the deltas grow by in an hour, as over the last one; absent until the machine was"
                  + " watched for ten minutes.")
          String growthPerHour,
      @JsonPropertyDescription(
              "When the volume is full if the deltas go on to grow like this, such as 5h or 12d;"
                  + " absent beyond a year.")
          String fullIn) {

    /** A directory of which it is not known how fast it grows. */
    public DirectoryStatus(
        String claimName,
        String path,
        String capacity,
        String free,
        String base,
        String deltas,
        String memory) {
      this(claimName, path, capacity, free, base, deltas, memory, null, null);
    }
  }

  /** A disk whose place and least size are settled. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record AcceptedDisk(
      @JsonPropertyDescription("Name of the disk.") String name,
      @JsonPropertyDescription("Size asked for; absent where the source decides.") String size,
      @JsonPropertyDescription("Image that the disk was made from; absent for a blank disk.")
          String source) {}

  /** A snapshot of the directory. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SnapshotReference(
      @JsonPropertyDescription("Name of the VMSnapshot, or the display name of an unmanaged one.")
          String name,
      @JsonPropertyDescription("Its uid in the directory's .vmsd file.") Long uid,
      @JsonPropertyDescription("Managed by a VMSnapshot, or Unmanaged.") SnapshotType type) {}

  /** Whether a VMSnapshot stands for a snapshot. */
  public enum SnapshotType {
    Managed,
    Unmanaged
  }

  /** An entry of the .vmsd file. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SnapshotEntry(
      @JsonPropertyDescription("Its uid.") Long uid,
      @JsonPropertyDescription("The parent's uid; absent for a root.") Long parentUid,
      @JsonPropertyDescription("Name of the VMSnapshot, or the display name of an unmanaged one.")
          String name,
      @JsonPropertyDescription("The moment that it captures.") String createTime,
      @JsonPropertyDescription("Whether it holds the RAM.") Boolean memory) {}

  /** A revert that took place. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record RevertReference(
      @JsonPropertyDescription("Name of the VMSnapshotRevert.") String name,
      @JsonPropertyDescription("UID of the VMSnapshotRevert.") String uid,
      @JsonPropertyDescription("Uid, in the .vmsd file, of the snapshot that it returned to.")
          Long snapshotUid,
      @JsonPropertyDescription("When it ended.") String completionTime) {}

  /** Power that a revert has set. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record PowerOverride(
      @JsonPropertyDescription("What the machine is to be.") PowerState powerState,
      @JsonPropertyDescription("The value of spec.powerState that it stands in for.")
          PowerState insteadOf,
      @JsonPropertyDescription("Name of the VMSnapshotRevert.") String revert) {}

  /** A job at work. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Operation(
      @JsonPropertyDescription("UID of the resource that asked for it.") String requestId,
      @JsonPropertyDescription("What is done, such as Create.") String kind,
      @JsonPropertyDescription("The step under way.") String step,
      @JsonPropertyDescription("How far it is, 0 to 100.") Integer percent,
      @JsonPropertyDescription("When it began.") String startTime) {}

  /** Unasked ends of the runner. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Restarts(
      @JsonPropertyDescription("Ends in a row; a run of ten minutes sets it back.") Integer count,
      @JsonPropertyDescription("When the runner last ended by itself.") String lastExitTime,
      @JsonPropertyDescription("Why, in its own words.") String lastExitMessage,
      @JsonPropertyDescription("Whether it said that it would fail again.") Boolean lastExitFinal,
      @JsonPropertyDescription("UID of the pod that was counted last.") String podUid) {}

  public VirtualMachineStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    disks = disks == null ? List.of() : List.copyOf(disks);
    snapshots = snapshots == null ? List.of() : List.copyOf(snapshots);
    rootSnapshots = rootSnapshots == null ? List.of() : List.copyOf(rootSnapshots);
    unmanagedSnapshots = unmanagedSnapshots == null ? List.of() : List.copyOf(unmanagedSnapshots);
  }

  /**
   * The same but for the directory's sizes, which change while the guest does nothing but write.
   */
  public VirtualMachineStatus withoutSizes() {
    return new VirtualMachineStatus(
        observedGeneration,
        conditions,
        powerState,
        pod,
        node,
        podIP,
        accelerator,
        qemuVersion,
        directory == null
            ? null
            : new DirectoryStatus(
                directory.claimName(), directory.path(), null, null, null, null, null),
        disks,
        currentSnapshot,
        rootSnapshots,
        unmanagedSnapshots,
        snapshots,
        lastSnapshotUid,
        lastRevert,
        powerOverride,
        operation,
        suspendTime,
        consolidated,
        attempt,
        restarts);
  }
}
