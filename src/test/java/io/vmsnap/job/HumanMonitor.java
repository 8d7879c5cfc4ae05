package io.vmsnap.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.qmp.QmpCommand;
import io.vmsnap.hypervisor.qmp.QmpProtocolException;
import io.vmsnap.hypervisor.qmp.QmpSession;
import java.nio.file.Path;
import java.time.Duration;

/** What a guest would do to its disks and ports, done through QEMU's monitor. */
public final class HumanMonitor implements AutoCloseable {
  static final Duration DEADLINE = Duration.ofSeconds(30);

  private final QmpSession session;

  HumanMonitor(QmpSession session) {
    this.session = session;
  }

  /** A monitor serves one connection at a time. */
  public static HumanMonitor connect(Path socket) throws HypervisorException {
    return new HumanMonitor(QmpSession.connect(socket, DEADLINE));
  }

  /** A command for people, and what QEMU says to it. */
  public String say(String line) throws HypervisorException {
    return session.execute(new HumanCommand(line), DEADLINE);
  }

  /**
   * A request of {@code qemu-io} to the back end of a disk device.
   *
   * @throws IllegalStateException if it says anything
   */
  public void onDisk(int disk, String command) throws HypervisorException {
    String device = "/machine/peripheral/scsi0-" + disk + "/virtio-backend";
    String answer = say("qemu-io -d " + device + " \"" + command + "\"");
    if (!answer.isBlank()) {
      throw new IllegalStateException(command + ": " + answer);
    }
  }

  @Override
  public void close() {
    session.close();
  }

  private record HumanCommand(String line) implements QmpCommand<String> {
    @Override
    public String name() {
      return "human-monitor-command";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance.objectNode().put("command-line", line);
    }

    @Override
    public String parse(JsonNode answer) throws QmpProtocolException {
      return answer.asText();
    }
  }
}
