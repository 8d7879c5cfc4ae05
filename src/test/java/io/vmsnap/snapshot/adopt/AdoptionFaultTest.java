package io.vmsnap.snapshot.adopt;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.DiskContent;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.export.SourceDisk;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.vmdir.DirectoryFormat;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The process dies, or an operation fails, at any instant: nothing is lost, and it goes on. */
class AdoptionFaultTest {
  private static final int SECTORS = 4096 + 3;

  @ParameterizedTest
  @EnumSource(
      value = FaultyStorage.Fault.class,
      names = {"DEATH", "IO_ERROR"})
  void goesOnAfterAnyFault(FaultyStorage.Fault fault) throws Exception {
    int n = 1;
    boolean struck;
    do {
      MemoryStorage memory = new MemoryStorage();
      ForeignMachine machine =
          ForeignMachine.create(memory, ForeignMachine.Style.WORKSTATION, SECTORS, 1);
      FaultyStorage faulty = new FaultyStorage(memory, fault).failAt(n);
      try {
        new Adoption(faulty, AdoptionIT.silent()).run(false);
      } catch (IOException e) {
        // the injected one, or what follows from it
      }
      struck = faulty.struck();
      assertNothingIsLost(memory, machine, n);

      if (!memory.exists(DirectoryFormat.FILE) || new Journal(memory).read().isPresent()) {
        new Adoption(memory, AdoptionIT.silent()).run(false);
      }

      assertThat(new Journal(memory).read()).as("fault at %d", n).isEmpty();
      for (var disk : machine.content().entrySet()) {
        try (SourceDisk source = SourceDisk.open(memory, disk.getKey())) {
          DiskContent.assertSame(source.disk(), 0, disk.getValue());
        }
      }
      n += n < 10 ? 1 : 7;
    } while (struck);
    assertThat(n).as("operations tried").isGreaterThan(50);
  }

  /** Before the switch the directory is VMware's, untouched. */
  private static void assertNothingIsLost(MemoryStorage storage, ForeignMachine machine, int n)
      throws IOException {
    Optional<JournalEntry> entry = new Journal(storage).read();
    boolean switching =
        storage.exists(DirectoryFormat.FILE)
            || entry.isPresent() && entry.get().phase() == Phase.SWITCHING;
    if (!switching) {
      for (var disk : machine.content().entrySet()) {
        try (LayeredDisk source = VmdkChain.open(storage, disk.getKey())) {
          assertThat(source.capacity()).as("fault at %d", n).isEqualTo(disk.getValue().length);
          DiskContent.assertSame(source, 0, disk.getValue());
        }
      }
    }
  }
}
