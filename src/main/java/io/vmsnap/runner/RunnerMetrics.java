package io.vmsnap.runner;

import io.vmsnap.task.RunnerStatus;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;

/**
 * The status as Prometheus reads it (text exposition format 0.0.4). Every metric is described in
 * {@code docs/reference/metrics-runner.md}.
 */
final class RunnerMetrics {
  private final StringBuilder text = new StringBuilder();

  private final Clock clock;

  private RunnerMetrics(Clock clock) {
    this.clock = clock;
  }

  static String text(StatusBoard board) {
    RunnerMetrics metrics = new RunnerMetrics(Clock.systemUTC());
    metrics.write(board, board.status());
    return metrics.text.toString();
  }

  private void write(StatusBoard board, RunnerStatus status) {
    gauge("vmsnap_qemu_up", "Whether QEMU runs.", status.powerState().equals("PoweredOn") ? 1 : 0);
    describe("vmsnap_run_state", "gauge", "1 for the state that the machine is in.");
    for (RunPhase phase : RunPhase.values()) {
      sample("vmsnap_run_state", "state", phase.token(), phase == board.phase() ? 1 : 0);
    }
    gauge(
        "vmsnap_guest_agent_connected",
        "Whether the guest's agent answered when last asked.",
        status.guestAgentConnected() ? 1 : 0);
    describe(
        "vmsnap_io_error_pauses_total", "counter", "Pauses of the guest for a failed disk write.");
    text.append("vmsnap_io_error_pauses_total ").append(board.ioErrorPauses()).append('\n');
    if (status.accelerator() != null) {
      describe("vmsnap_accelerator", "gauge", "1 for the accelerator in use.");
      sample("vmsnap_accelerator", "accelerator", status.accelerator(), 1);
    }
    if (status.directory() != null) {
      write(status.directory());
    }
    gauge("vmsnap_snapshots", "Snapshots in the directory's history.", status.snapshots().size());
    status.snapshots().stream()
        .map(RunnerStatus.Snapshot::createTime)
        .filter(Objects::nonNull)
        .min(Comparator.naturalOrder())
        .ifPresent(
            oldest ->
                gauge(
                    "vmsnap_oldest_snapshot_age_seconds",
                    "Age of the oldest snapshot.",
                    Math.max(0, Duration.between(oldest, clock.instant()).toSeconds())));
    describe("vmsnap_chain_depth", "gauge", "Delta disks above the base, per disk.");
    for (Map.Entry<String, Integer> disk : board.chainDepth().entrySet()) {
      sample("vmsnap_chain_depth", "disk", disk.getKey(), disk.getValue());
    }
  }

  private void write(RunnerStatus.Directory bytes) {
    gauge("vmsnap_volume_capacity_bytes", "Size of the volume.", bytes.capacityBytes());
    gauge("vmsnap_volume_free_bytes", "Free space of the volume.", bytes.freeBytes());
    if (bytes.capacityBytes() > 0) {
      describe("vmsnap_volume_free_ratio", "gauge", "Free share of the volume, 0 to 1.");
      text.append("vmsnap_volume_free_ratio ")
          .append((double) bytes.freeBytes() / bytes.capacityBytes())
          .append('\n');
    }
    if (bytes.deltaBytesPerHour() != null) {
      gauge(
          "vmsnap_delta_growth_bytes_per_hour",
          "Growth of the deltas in an hour.",
          bytes.deltaBytesPerHour());
    }
    describe("vmsnap_directory_bytes", "gauge", "Space taken by the machine's files, by kind.");
    sample("vmsnap_directory_bytes", "kind", "base", bytes.baseBytes());
    sample("vmsnap_directory_bytes", "kind", "delta", bytes.deltaBytes());
    sample("vmsnap_directory_bytes", "kind", "memory", bytes.memoryBytes());
  }

  private void gauge(String name, String help, long value) {
    describe(name, "gauge", help);
    text.append(name).append(' ').append(value).append('\n');
  }

  private void describe(String name, String type, String help) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  /** Label values here are our own tokens: nothing in them needs escaping. */
  private void sample(String name, String label, String value, long number) {
    text.append(name).append('{').append(label).append("=\"").append(value).append("\"} ");
    text.append(number).append('\n');
  }
}
