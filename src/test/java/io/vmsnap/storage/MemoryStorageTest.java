package io.vmsnap.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MemoryStorageTest {
  @Test
  void aPowerCutLosesWhatWasNotSynced() throws IOException {
    var storage = new MemoryStorage();
    try (StorageFile file = storage.create("a")) {
      file.write(ByteBuffer.wrap(new byte[] {1}), 0);
      file.sync();
      storage.syncDirectory("");
      file.write(ByteBuffer.wrap(new byte[] {2}), 1);
    }
    storage.rename("a", "b");
    MemoryStorage after = storage.powerCut(PowerCut.LOSE_ALL);
    assertThat(after.allNames()).containsExactly("a");
    assertThat(after.content("a")).containsExactly(1);
  }

  @Test
  void aPowerCutReordersWhatWasNotSynced() throws IOException {
    Set<String> outcomes = new HashSet<>();
    for (int seed = 0; seed < 64; seed++) {
      var storage = new MemoryStorage().with("a", "old");
      storage.create("a.new").close();
      storage.rename("a.new", "a");
      MemoryStorage after = storage.powerCut(PowerCut.random(seed));
      outcomes.add(after.allNames() + " " + after.size("a"));
    }
    assertThat(outcomes).contains("[a] 3", "[a] 0", "[a, a.new] 3");
  }

  @Test
  void failsAtTheGivenOperation() throws IOException {
    var storage = new FaultyStorage(new MemoryStorage(), FaultyStorage.Fault.DEATH).failAt(2);
    StorageFile file = storage.create("a");
    assertThatThrownBy(() -> file.write(ByteBuffer.wrap(new byte[] {1, 2}), 0))
        .hasMessageContaining("DEATH at operation 2: write a at 0");
    assertThat(storage.size("a")).isEqualTo(1);
    assertThatThrownBy(file::sync).isInstanceOf(FaultyStorage.InjectedFault.class);
  }

  @Test
  void punchedRangesAreHoles() throws IOException {
    var storage = new MemoryStorage();
    try (StorageFile file = storage.create("a")) {
      file.write(ByteBuffer.wrap(new byte[] {1}), 100_000);
      file.write(ByteBuffer.wrap(new byte[10_000]), 0);
      assertThat(file.dataRanges(0, 1 << 20))
          .containsExactly(new ByteRange(0, 12288), new ByteRange(98304, 1697));
      file.punchHole(0, 8192);
      assertThat(file.dataRanges(0, 1 << 20))
          .containsExactly(new ByteRange(8192, 4096), new ByteRange(98304, 1697));
    }
  }
}
