package io.vmsnap.disk.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.disk.chain.DiskChecker;
import io.vmsnap.storage.FaultTally;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.FaultyStorage.InjectedFault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.PowerCut;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Creation, seal and rebuild fail, die or lose power at their 1st, 2nd, 3rd ... write. */
class DeltaFaultTest {
  @RegisterExtension static final FaultTally TALLY = new FaultTally();

  private static final int CAPACITY = 3 << 20;

  @ParameterizedTest
  @EnumSource(Fault.class)
  void anInterruptedCreationCanBeUndoneAndRepeated(Fault fault) throws IOException {
    boolean struck = true;
    for (int n = 1; struck; n++) {
      MemoryStorage disk = new MemoryStorage();
      SplittableRandom random = new SplittableRandom(n);
      BaseDisk.create(disk, "web.vmdk", CAPACITY, random);
      FaultyStorage faulty = new FaultyStorage(disk, fault).failAt(n);
      try {
        DeltaDisk.create(faulty, "web.vmdk", "web-000001.vmdk", random);
      } catch (InjectedFault e) {
        // what this test is about
      }
      struck = faulty.struck();
      TALLY.tried();
      MemoryStorage after = disk.powerCut(PowerCut.random(n));
      if (struck) {
        DeltaDisk.delete(after, "web-000001.vmdk");
        assertThat(after.list("")).containsExactly("web-flat.vmdk", "web.vmdk");
        DeltaDisk.create(after, "web.vmdk", "web-000001.vmdk", random);
      }
      assertThat(DiskChecker.check(after, "web-000001.vmdk")).as("operation " + n).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void anInterruptedSealLosesNothing(Fault fault) throws IOException {
    interrupted(fault, storage -> Seal.run(storage, delta(storage)));
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void anInterruptedTableRebuildLosesNothing(Fault fault) throws IOException {
    interrupted(
        fault,
        storage ->
            TableRebuild.run(
                storage,
                DeltaDisk.describedBy(
                    io.vmsnap.disk.vmdk.DiskDescriptor.read(storage, "web-000001.vmdk"))));
  }

  private interface Operation {
    void run(io.vmsnap.storage.VmStorage storage) throws IOException;
  }

  private static DeltaDisk delta(io.vmsnap.storage.VmStorage storage) throws IOException {
    return DeltaDisk.open(storage, "web-000001.vmdk");
  }

  private static void interrupted(Fault fault, Operation operation) throws IOException {
    boolean struck = true;
    for (int n = 1; struck; n++) {
      MemoryStorage disk = new MemoryStorage();
      SplittableRandom random = new SplittableRandom(n);
      SimulatedGuest guest = new SimulatedGuest(disk, CAPACITY, random);
      guest.write(10_000, 500_000);
      guest.write(2 << 20, 5000);
      Seal.run(disk, guest.delta());
      guest.zero(10, 60);
      guest.write(3_000_000, 100_000);
      FaultyStorage faulty = new FaultyStorage(disk, fault).failAt(n);
      try {
        operation.run(faulty);
      } catch (InjectedFault e) {
        // what this test is about
      }
      struck = faulty.struck();
      TALLY.tried();
      MemoryStorage after = disk.powerCut(PowerCut.random(n));
      DiskModel model = new DiskModel(CAPACITY);
      model.put(0, guest.content());
      String what = fault + " at operation " + n;
      assertContent(what, after, model, View.INDEX);
      if (!struck || !delta(after).header(after).uncleanShutdown()) {
        assertContent(what, after, model, View.TABLES);
      }
      operation.run(after);
      assertContent(what + ", repeated", after, model, View.TABLES);
      assertThat(DiskChecker.check(after, "web-000001.vmdk")).as(what).isEmpty();
    }
  }

  private static void assertContent(String what, MemoryStorage storage, DiskModel model, View view)
      throws IOException {
    try (ChainContent content = DiskChain.open(storage, "web-000001.vmdk").content(storage, view)) {
      TALLY.compared();
      model.assertSame(what, content);
    }
  }
}
