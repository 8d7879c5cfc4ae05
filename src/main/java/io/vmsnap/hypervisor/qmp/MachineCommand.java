package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vmsnap.hypervisor.RunState;

/** Commands on the machine as a whole (QEMU {@code qapi/run-state.json}, {@code misc.json}). */
final class MachineCommand {
  private MachineCommand() {}

  /** A command without arguments whose answer says nothing. */
  record Plain(String name) implements QmpCommand.WithoutAnswer {}

  /** The guest sees its power button pressed. */
  static final Plain SYSTEM_POWERDOWN = new Plain("system_powerdown");

  /** QEMU flushes its disks and ends. */
  static final Plain QUIT = new Plain("quit");

  static final Plain STOP = new Plain("stop");

  static final Plain CONT = new Plain("cont");

  /** A line of the monitor for people; what it prints is the answer. */
  record HumanMonitor(String line) implements QmpCommand<String> {
    @Override
    public String name() {
      return "human-monitor-command";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance.objectNode().put("command-line", line);
    }

    @Override
    public String parse(JsonNode answer) {
      return answer.asText();
    }
  }

  /** What the virtual CPUs do. */
  record QueryStatus() implements QmpCommand<RunState> {
    @Override
    public String name() {
      return "query-status";
    }

    @Override
    public RunState parse(JsonNode answer) throws QmpProtocolException {
      String status = answer.path("status").asText();
      return switch (status) {
        case "" -> throw new QmpProtocolException("query-status: no status in " + answer);
        case "running" -> RunState.RUNNING;
        case "paused" -> RunState.PAUSED;
        case "io-error" -> RunState.IO_ERROR;
        default -> RunState.OTHER;
      };
    }
  }
}
