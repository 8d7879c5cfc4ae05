package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * Something that QEMU tells without being asked. Unknown events are {@link Other}, so a newer QEMU
 * breaks nothing.
 */
public sealed interface QmpEvent {
  String name();

  /** Host time at which QEMU emitted it, in microseconds' resolution. */
  Instant time();

  /** The virtual CPUs stopped. */
  record Stop(Instant time) implements QmpEvent {
    @Override
    public String name() {
      return "STOP";
    }
  }

  /** The virtual CPUs go on. */
  record Resume(Instant time) implements QmpEvent {
    @Override
    public String name() {
      return "RESUME";
    }
  }

  /**
   * QEMU is about to end.
   *
   * @param guest whether the guest asked for it
   * @param reason QEMU's {@code ShutdownCause}, such as {@code guest-shutdown}
   */
  record Shutdown(Instant time, boolean guest, String reason) implements QmpEvent {
    @Override
    public String name() {
      return "SHUTDOWN";
    }
  }

  /** The power button reached the guest. */
  record Powerdown(Instant time) implements QmpEvent {
    @Override
    public String name() {
      return "POWERDOWN";
    }
  }

  /**
   * A disk request failed.
   *
   * @param node name of the block node, may be empty
   * @param operation {@code read} or {@code write}
   * @param noSpace whether the volume is full
   * @param reason the system's words
   */
  record BlockIoError(
      Instant time, String device, String node, String operation, boolean noSpace, String reason)
      implements QmpEvent {
    @Override
    public String name() {
      return "BLOCK_IO_ERROR";
    }
  }

  /** The guest opened or closed a port of its serial bus, such as the guest agent's. */
  record SerialPortChange(Instant time, String id, boolean open) implements QmpEvent {
    @Override
    public String name() {
      return "VSERPORT_CHANGE";
    }
  }

  /**
   * A block job changed its state.
   *
   * @param name {@code BLOCK_JOB_READY}, {@code BLOCK_JOB_COMPLETED}, {@code BLOCK_JOB_CANCELLED}
   *     or {@code BLOCK_JOB_ERROR}
   * @param job its id
   * @param error QEMU's words; empty without an error
   */
  record BlockJob(String name, Instant time, String job, String error) implements QmpEvent {
    public boolean isReady() {
      return name.equals("BLOCK_JOB_READY");
    }

    public boolean isCompleted() {
      return name.equals("BLOCK_JOB_COMPLETED");
    }
  }

  /** Any other event, as it came. */
  record Other(String name, Instant time, JsonNode data) implements QmpEvent {}

  /** Reads an event message (QEMU {@code docs/interop/qmp-spec.rst}, "Asynchronous events"). */
  static QmpEvent parse(JsonNode message) {
    JsonNode stamp = message.path("timestamp");
    Instant time =
        Instant.ofEpochSecond(
            stamp.path("seconds").asLong(), stamp.path("microseconds").asLong() * 1000);
    JsonNode data = message.path("data");
    String name = message.path("event").asText();
    return switch (name) {
      case "STOP" -> new Stop(time);
      case "RESUME" -> new Resume(time);
      case "POWERDOWN" -> new Powerdown(time);
      case "SHUTDOWN" ->
          new Shutdown(time, data.path("guest").asBoolean(), data.path("reason").asText());
      case "BLOCK_IO_ERROR" ->
          new BlockIoError(
              time,
              data.path("device").asText(),
              data.path("node-name").asText(),
              data.path("operation").asText(),
              data.path("nospace").asBoolean(),
              data.path("reason").asText());
      case "VSERPORT_CHANGE" ->
          new SerialPortChange(time, data.path("id").asText(), data.path("open").asBoolean());
      case "BLOCK_JOB_READY", "BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED", "BLOCK_JOB_ERROR" ->
          new BlockJob(name, time, data.path("device").asText(), data.path("error").asText());
      default -> new Other(name, time, data);
    };
  }
}
