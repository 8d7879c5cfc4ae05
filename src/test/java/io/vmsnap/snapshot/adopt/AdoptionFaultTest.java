package io.vmsnap.snapshot.adopt;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.DiskContent;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.export.SourceDisk;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.FaultTally;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.PowerCut;
import io.vmsnap.vmdir.DirectoryFormat;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The process dies, or an operation fails, at any instant: nothing is lost, and it goes on. */
class AdoptionFaultTest {
  @RegisterExtension static final FaultTally TALLY = new FaultTally();

  private static final int SECTORS = 4096 + 3;

  /** Operations between two faults, once the first are over. */
  private static final int STEP = Integer.getInteger("vmsnap.faultStep", 7);

  @ParameterizedTest
  @EnumSource(Fault.class)
  void goesOnAfterAnyFault(Fault fault) throws Exception {
    int n = 1;
    boolean struck;
    do {
      MemoryStorage memory = new MemoryStorage();
      ForeignMachine machine = machine(memory);
      struck = attempt(new FaultyStorage(memory, fault).failAt(n));
      verify(memory, machine, fault + " at operation " + n);
      n = next(n);
    } while (struck);
    assertThat(n).as("operations tried").isGreaterThan(50);
  }

  /** What was not synced is lost, or survives in part and in another order. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void goesOnAfterAPowerCut(long seed) throws Exception {
    int n = 1 + (int) seed;
    boolean struck;
    do {
      MemoryStorage memory = new MemoryStorage();
      ForeignMachine machine = machine(memory);
      struck = attempt(new FaultyStorage(memory, Fault.DEATH).failAt(n));
      for (PowerCut cut : List.of(PowerCut.LOSE_ALL, PowerCut.random(seed * 10_000 + n))) {
        verify(memory.powerCut(cut), machine, "seed " + seed + ", power cut at operation " + n);
      }
      n = next(n);
    } while (struck);
    assertThat(n).as("operations tried").isGreaterThan(50);
  }

  private static int next(int n) {
    return n + (n < 10 ? 1 : STEP);
  }

  private static ForeignMachine machine(MemoryStorage memory) throws IOException {
    return ForeignMachine.create(memory, ForeignMachine.Style.WORKSTATION, SECTORS, 1);
  }

  /** Returns whether the fault was met. */
  private static boolean attempt(FaultyStorage faulty) throws Exception {
    try {
      new Adoption(faulty, AdoptionIT.silent()).run(false);
    } catch (IOException e) {
      // the injected one, or what follows from it
    }
    return faulty.struck();
  }

  private static void verify(MemoryStorage found, ForeignMachine machine, String where)
      throws Exception {
    TALLY.tried();
    assertNothingIsLost(found, machine, where);

    if (!found.exists(DirectoryFormat.FILE) || new Journal(found).read().isPresent()) {
      new Adoption(found, AdoptionIT.silent()).run(false);
    }

    assertThat(new Journal(found).read()).as(where).isEmpty();
    for (var disk : machine.content().entrySet()) {
      TALLY.compared();
      try (SourceDisk source = SourceDisk.open(found, disk.getKey())) {
        DiskContent.assertSame(source.disk(), 0, disk.getValue());
      } catch (IOException | AssertionError e) {
        throw new AssertionError(where + ": " + disk.getKey(), e);
      }
    }
  }

  /** Before the switch the directory is VMware's, untouched. */
  private static void assertNothingIsLost(
      MemoryStorage storage, ForeignMachine machine, String where) throws IOException {
    Optional<JournalEntry> entry = new Journal(storage).read();
    boolean switching =
        storage.exists(DirectoryFormat.FILE)
            || entry.isPresent() && entry.get().phase() == Phase.SWITCHING;
    if (!switching) {
      for (var disk : machine.content().entrySet()) {
        TALLY.compared();
        try (LayeredDisk source = VmdkChain.open(storage, disk.getKey())) {
          assertThat(source.capacity()).as(where).isEqualTo(disk.getValue().length);
          DiskContent.assertSame(source, 0, disk.getValue());
        }
      }
    }
  }
}
