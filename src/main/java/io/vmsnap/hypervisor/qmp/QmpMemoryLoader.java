package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmsnap.hypervisor.HypervisorException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Loads RAM and device state into a machine that was started with {@code -incoming defer -S} and
 * the hardware of the one that was saved.
 */
public final class QmpMemoryLoader {
  private static final Duration QUICK = Duration.ofSeconds(10);

  private final QmpSession session;

  public QmpMemoryLoader(QmpSession session) {
    this.session = session;
  }

  /** Starts reading a stream from a file. */
  private record MigrateIncoming(String file, long offset) implements QmpCommand.WithoutAnswer {
    @Override
    public String name() {
      return "migrate-incoming";
    }

    @Override
    public JsonNode arguments() {
      ObjectNode arguments = JsonNodeFactory.instance.objectNode();
      // Without this QEMU ends on a bad stream, and its reason is only in its log.
      arguments.put("exit-on-error", false);
      arguments
          .putArray("channels")
          .addObject()
          .put("channel-type", "main")
          .putObject("addr")
          .put("transport", "file")
          .put("filename", file)
          .put("offset", offset);
      return arguments;
    }
  }

  /**
   * Returns when the machine is ready to run from the saved instant; it stays paused.
   *
   * @param offset byte of the file at which the {@code mapped-ram} stream begins
   * @throws HypervisorException if QEMU does not accept the stream, with its words
   */
  public void load(Path file, long offset, Duration timeout) throws HypervisorException {
    session.execute(
        new MigrationCommand.SetCapabilities(Map.of(MigrationCommand.MAPPED_RAM, true)), QUICK);
    try (QmpSubscription<QmpEvent> events = session.subscribe(QmpEvent.class)) {
      session.execute(new MigrateIncoming(file.toString(), offset), QUICK);
      long deadline = System.nanoTime() + timeout.toNanos();
      while (true) {
        MigrationStatus status = session.execute(new MigrationCommand.QueryMigrate(), QUICK);
        if (status.isCompleted()) {
          return;
        }
        if (status.isBroken()) {
          throw new HypervisorException(
              file + ": QEMU cannot load this memory: " + status.error(), false, null);
        }
        if (System.nanoTime() > deadline) {
          throw new HypervisorException(
              file + ": not loaded after " + timeout.toSeconds() + " s", false, null);
        }
        events.next(Duration.ofMillis(2));
      }
    }
  }
}
