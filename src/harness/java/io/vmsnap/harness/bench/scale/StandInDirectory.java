package io.vmsnap.harness.bench.scale;

import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskOutcome;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The directory of one machine, as jobs and runner speak of it; there are no files. */
final class StandInDirectory {
  private static final long GIB = 1L << 30;
  private static final long GRANULE = 16L << 20;

  private final String machine;
  private final List<RunnerStatus.Snapshot> snapshots = new ArrayList<>();
  private final Map<String, TaskOutcome> outcomes = new HashMap<>();
  private long jobs;
  private long answers;

  StandInDirectory(String machine) {
    this.machine = machine;
  }

  /** What {@code vmsnap job create} would leave; the same request twice makes one snapshot. */
  synchronized TaskOutcome create(CreateSnapshotTask task) {
    jobs++;
    return outcomes.computeIfAbsent(task.requestId(), id -> take(task));
  }

  private TaskOutcome take(CreateSnapshotTask task) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
    Long parent = snapshots.isEmpty() ? null : snapshots.getLast().uid();
    long uid = snapshots.size() + 1L;
    snapshots.add(
        new RunnerStatus.Snapshot(
            uid, parent, task.displayName(), task.description(), now, task.memory()));
    return TaskOutcome.completed(
        "Snapshot " + uid + " of " + machine + " was taken",
        new SnapshotResult(
            uid,
            parent,
            "PoweredOn",
            "Crash",
            machine + "-Snapshot" + uid + ".vmsn",
            List.of(
                new SnapshotResult.DiskResult(
                    "scsi0:0",
                    "data",
                    disk(uid - 1),
                    disk(uid),
                    GIB,
                    GRANULE,
                    "%08x".formatted(uid),
                    parent == null ? "ffffffff" : "%08x".formatted(parent))),
            new SnapshotResult.StorageResult(GRANULE, GRANULE, GIB),
            new SnapshotResult.Timing(null, 4.2, 61.5),
            now,
            now));
  }

  private String disk(long number) {
    return number == 0 ? machine + ".vmdk" : machine + "-%06d.vmdk".formatted(number);
  }

  /** What the runner would answer. */
  synchronized RunnerStatus status() {
    answers++;
    Long current = snapshots.isEmpty() ? null : snapshots.getLast().uid();
    return new RunnerStatus(
        "PoweredOn",
        "Running",
        "tcg",
        "10.0.2",
        false,
        new RunnerStatus.Directory(
            4 * GIB, 3 * GIB, GIB, snapshots.size() * GRANULE, 0, List.of(), 0L),
        List.copyOf(snapshots),
        current,
        (long) snapshots.size(),
        null,
        null,
        null);
  }

  /** How often the runner was asked. */
  synchronized long answers() {
    return answers;
  }

  /** How many jobs have run here. */
  synchronized long jobs() {
    return jobs;
  }
}
