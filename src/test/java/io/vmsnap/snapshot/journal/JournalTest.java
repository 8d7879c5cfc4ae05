package io.vmsnap.snapshot.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.snapshot.CreatePlan;
import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.FaultyStorage.InjectedFault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.PowerCut;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.TooNewException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JournalTest {
  private static final CreatePlan PLAN =
      new CreatePlan(
          "r-1",
          7,
          List.of(new NewDelta("scsi0:0", "web.vmdk", "web-000001.vmdk")),
          null,
          List.of(new NewFile("web.vmx", "a = \"größer\"\r\n".getBytes(StandardCharsets.UTF_8))));
  private static final JournalEntry ENTRY =
      new JournalEntry("create", Phase.PREPARING, 42, Journal.toJson(PLAN));

  private final MemoryStorage storage = new MemoryStorage();
  private final Journal journal = new Journal(storage);

  @BeforeEach
  void folder() throws Exception {
    storage.createFolder(".vmsnap");
  }

  @Test
  void whatIsWrittenIsReadByteForByte() throws Exception {
    assertThat(journal.read()).isEmpty();

    journal.write(ENTRY);

    JournalEntry read = journal.read().orElseThrow();
    assertThat(read.operation()).isEqualTo("create");
    assertThat(read.phase()).isEqualTo(Phase.PREPARING);
    assertThat(read.token()).isEqualTo(42);
    CreatePlan plan = Journal.plan(read, CreatePlan.class);
    assertThat(plan.deltas()).isEqualTo(PLAN.deltas());
    assertThat(plan.files().getFirst().content()).isEqualTo(PLAN.files().getFirst().content());
  }

  @Test
  void removedJournalIsGoneAlsoAfterAPowerCut() throws Exception {
    journal.write(ENTRY);
    journal.remove();
    journal.remove();

    assertThat(new Journal(storage.powerCut(PowerCut.LOSE_ALL)).read()).isEmpty();
  }

  @Test
  void everyWriteIsOldOrNewAfterAPowerCut() throws Exception {
    for (int n = 1; ; n++) {
      MemoryStorage disk = new MemoryStorage();
      disk.createFolder(".vmsnap");
      new Journal(disk).write(ENTRY);
      FaultyStorage dying = new FaultyStorage(disk, Fault.DEATH).failAt(n);
      boolean written = false;
      try {
        new Journal(dying).write(ENTRY.withPhase(Phase.SWITCHING));
        written = true;
      } catch (InjectedFault e) {
        // expected until n is beyond the last operation
      }
      for (int seed = 0; seed < 20; seed++) {
        Phase phase =
            new Journal(disk.powerCut(PowerCut.random(seed))).read().orElseThrow().phase();
        assertThat(phase).isIn(written ? List.of(Phase.SWITCHING) : List.of(Phase.values()));
      }
      if (written) {
        return;
      }
    }
  }

  @Test
  void everyChangedCharacterIsNoticed() throws Exception {
    journal.write(ENTRY);
    byte[] good = storage.content(Journal.FILE);
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] = (byte) (bad[i] == '1' ? '2' : '1');
      storage.with(Journal.FILE, bad);

      assertThatThrownBy(journal::read)
          .as("byte %d", i)
          .isInstanceOf(DamagedFileException.class)
          .hasMessageStartingWith(Journal.FILE);
    }
  }

  @Test
  void newerJournalIsLeftToTheProgramThatWroteIt() throws Exception {
    storage.with(Journal.FILE, "{\"version\":2,\"entry\":{},\"crc32c\":\"\"}");

    assertThatThrownBy(journal::read).isInstanceOf(TooNewException.class);
  }

  @Test
  void planOfAnotherShapeIsRefused() {
    JournalEntry other =
        new JournalEntry("create", Phase.PREPARING, 1, Journal.toJson(List.of("no", "plan")));

    assertThatThrownBy(() -> Journal.plan(other, CreatePlan.class))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageContaining("create");
  }
}
