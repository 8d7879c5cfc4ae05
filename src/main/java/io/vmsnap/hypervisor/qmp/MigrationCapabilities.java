package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MemoryMethod;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** What QEMU is told about the next saving of RAM (QEMU {@code MigrationCapability}). */
final class MigrationCapabilities {
  private static final Duration QUICK = Duration.ofSeconds(10);

  private final QmpSession session;

  MigrationCapabilities(QmpSession session) {
    this.session = session;
  }

  /**
   * @param method null for a guest that is stopped all the time
   */
  void set(MemoryMethod method) throws HypervisorException {
    boolean background = method == MemoryMethod.BACKGROUND_SNAPSHOT;
    boolean pause = method == MemoryMethod.PRE_COPY;
    // Those to be switched off come first: QEMU refuses some pairs even for a moment.
    Map<String, Boolean> capabilities = new LinkedHashMap<>();
    // Several times faster, but QEMU 10.0 sometimes dies of SIGSEGV when such a saving is cancelled
    // or cannot write, and the guest with it.
    capabilities.put(MigrationCommand.MULTIFD, false);
    if (!background) {
      capabilities.put(MigrationCommand.BACKGROUND_SNAPSHOT, false);
    }
    if (!pause) {
      capabilities.put(MigrationCommand.PAUSE_BEFORE_SWITCHOVER, false);
    }
    // A guest that goes on changing more than is written is slowed down, as in a live migration.
    capabilities.put(MigrationCommand.AUTO_CONVERGE, pause);
    capabilities.put(MigrationCommand.MAPPED_RAM, true);
    if (background) {
      capabilities.put(MigrationCommand.BACKGROUND_SNAPSHOT, true);
    }
    if (pause) {
      capabilities.put(MigrationCommand.PAUSE_BEFORE_SWITCHOVER, true);
    }
    session.execute(new MigrationCommand.SetCapabilities(capabilities), QUICK);
  }

  /** Best effort: they matter only to somebody else who migrates this machine. */
  void forget() {
    try {
      session.execute(
          new MigrationCommand.SetCapabilities(
              Map.of(
                  MigrationCommand.BACKGROUND_SNAPSHOT, false,
                  MigrationCommand.AUTO_CONVERGE, false,
                  MigrationCommand.PAUSE_BEFORE_SWITCHOVER, false,
                  MigrationCommand.MAPPED_RAM, false)),
          QUICK);
    } catch (HypervisorException e) {
      // The machine is gone, or still cancelling; the next save sets them anew.
    }
  }
}
