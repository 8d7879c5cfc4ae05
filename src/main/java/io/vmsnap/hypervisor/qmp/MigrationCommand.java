package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** Commands that save RAM and device state (QEMU {@code qapi/migration.json}). */
final class MigrationCommand {
  static final String BACKGROUND_SNAPSHOT = "background-snapshot";
  static final String MAPPED_RAM = "mapped-ram";

  /**
   * Pages are written by threads of their own, many with one call. The stream stays one that is
   * loaded without it.
   */
  static final String MULTIFD = "multifd";

  static final String AUTO_CONVERGE = "auto-converge";

  /**
   * Percent of the time for which the CPUs of a guest sleep that changes its RAM too fast, at first
   * and at most: QEMU lets them run for 10 ms, and at this much sleep for 15 ms.
   */
  private static final int THROTTLE_INITIAL = 30;

  private static final int THROTTLE_MAX = 60;

  static final String PAUSE_BEFORE_SWITCHOVER = "pause-before-switchover";

  private MigrationCommand() {}

  /** Ends the migration under way; harmless without one. */
  static final MachineCommand.Plain CANCEL = new MachineCommand.Plain("migrate_cancel");

  /** Switches capabilities on or off, all or none; they last until they are set again. */
  record SetCapabilities(Map<String, Boolean> capabilities) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "migrate-set-capabilities";
    }

    @Override
    public JsonNode arguments() {
      ObjectNode arguments = JsonNodeFactory.instance.objectNode();
      ArrayNode list = arguments.putArray("capabilities");
      capabilities.forEach(
          (name, state) -> list.addObject().put("capability", name).put("state", state));
      return arguments;
    }
  }

  /**
   * Bounds of the migration.
   *
   * @param bytesPerSecond of the stream
   * @param downtimeMillis longest stop that pre-copy plans for
   */
  record SetParameters(long bytesPerSecond, long downtimeMillis)
      implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "migrate-set-parameters";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("max-bandwidth", bytesPerSecond)
          .put("downtime-limit", downtimeMillis)
          .put("cpu-throttle-initial", THROTTLE_INITIAL)
          .put("max-cpu-throttle", THROTTLE_MAX);
    }
  }

  /** Starts writing to a file, truncating it. The answer comes before the first byte. */
  record MigrateToFile(String file, long offset) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "migrate";
    }

    @Override
    public JsonNode arguments() {
      ObjectNode arguments = JsonNodeFactory.instance.objectNode();
      ObjectNode channel = arguments.putArray("channels").addObject();
      channel
          .put("channel-type", "main")
          .putObject("addr")
          .put("transport", "file")
          .put("filename", file)
          .put("offset", offset);
      return arguments;
    }
  }

  /** Goes on after {@code pause-before-switchover}. */
  record Continue() implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "migrate-continue";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance.objectNode().put("state", "pre-switchover");
    }
  }

  /** How far it is. */
  record QueryMigrate() implements QmpCommand<MigrationStatus> {
    @Override
    public String name() {
      return "query-migrate";
    }

    @Override
    public MigrationStatus parse(JsonNode answer) {
      return MigrationStatus.parse(answer);
    }
  }
}
