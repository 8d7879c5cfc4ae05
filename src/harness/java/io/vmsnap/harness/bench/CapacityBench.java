package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.harness.bench.page.Order;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.nio.file.Path;

/** What a snapshot, a seal and opening cost by the size of a sparse disk. */
final class CapacityBench {
  private static final String CREATE = "make the disk";
  private static final String SNAPSHOT = "snapshot";
  private static final String SEAL = "seal of 64 changed grains";
  private static final String OPEN = "open the chain";
  private static final int CHANGES = 64;

  /** Bytes of the disk under one grain table. */
  private static final int TABLE = 16 << 20;

  private CapacityBench() {}

  static void run(BenchRun run, EngineBench.Sizes sizes) throws IOException, InterruptedException {
    CostSweep sweep =
        new CostSweep()
            .expect(CREATE, Order.CONSTANT)
            .expect(SNAPSHOT, Order.CONSTANT)
            .expect(SEAL, Order.CONSTANT)
            .expect(OPEN, Order.CONSTANT);
    for (int round = 0; round < sizes.rounds(); round++) {
      for (int gibibytes : sizes.gibibytes()) {
        Path directory = run.folder().resolve("capacity-" + round + "-" + gibibytes);
        long start = System.nanoTime();
        ResidentMachine machine = ResidentMachine.create(directory, 1, (long) gibibytes << 30);
        sweep.add(CREATE, gibibytes, (System.nanoTime() - start) / 1e6);
        sweep.add(SNAPSHOT, gibibytes, machine.snapshot());
        DeltaDisk delta = machine.active();
        change(machine, delta);
        sweep.add(SEAL, gibibytes, machine.seal(delta));
        sweep.add(OPEN, gibibytes, open(machine.storage(), delta));
        RevertBench.delete(directory);
      }
    }
    EngineBench.report(
        run, sweep.curve("capacity", "Sparse disk by its size", "GiB", "milliseconds"));
  }

  /** Writes as the guest does, each time under another grain table. */
  private static void change(ResidentMachine machine, DeltaDisk delta)
      throws IOException, InterruptedException {
    LocalStorage storage = machine.storage();
    delta.markIndexAhead(storage);
    BaseDisk base = DiskChain.open(storage, delta.files().descriptor()).base();
    new Load("", true, CHANGES, DeltaLayout.GRAIN, TABLE)
        .run(Overlay.node(machine.directory(), base, delta));
    Tool.of("sync", delta.files().extent(), delta.files().index()).in(machine.directory()).output();
  }

  private static double open(LocalStorage storage, DeltaDisk delta) throws IOException {
    long start = System.nanoTime();
    DiskChain.open(storage, delta.files().descriptor())
        .content(storage, DiskChain.View.INDEX)
        .close();
    return (System.nanoTime() - start) / 1e6;
  }
}
