package io.vmsnap.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.FaultyStorage.InjectedFault;
import org.junit.jupiter.api.Test;

class WholeFileTest {
  private static final byte[] OLD = {1, 2, 3};
  private static final byte[] NEW = {4, 5, 6, 7};

  @Test
  void replacementIsDurable() throws Exception {
    MemoryStorage storage = new MemoryStorage().with("web.vmx", OLD);

    WholeFile.replace(storage, "web.vmx", NEW);

    assertThat(storage.powerCut(PowerCut.LOSE_ALL).content("web.vmx")).isEqualTo(NEW);
    assertThat(storage.exists("web.vmx~")).isFalse();
  }

  @Test
  void contentIsOldOrNewWhereverItStops() throws Exception {
    int n = 0;
    boolean replaced = false;
    while (!replaced) {
      n++;
      MemoryStorage storage = new MemoryStorage().with("web.vmx", OLD);
      try {
        WholeFile.replace(new FaultyStorage(storage, Fault.DEATH).failAt(n), "web.vmx", NEW);
        replaced = true;
      } catch (InjectedFault e) {
        // expected until n is beyond the last operation
      }
      for (int seed = 0; seed < 30; seed++) {
        MemoryStorage after = storage.powerCut(PowerCut.random(seed));
        assertThat(after.content("web.vmx")).isIn(OLD, NEW);
        WholeFile.replace(after, "web.vmx", NEW); // what a crash left is not in the way
        assertThat(after.content("web.vmx")).isEqualTo(NEW);
      }
    }
    assertThat(n).isEqualTo(7);
  }

  @Test
  void longerFileIsNotRead() throws Exception {
    MemoryStorage storage = new MemoryStorage().with("web.vmx", OLD);

    assertThat(WholeFile.read(storage, "web.vmx", 3)).isEqualTo(OLD);
    assertThatThrownBy(() -> WholeFile.read(storage, "web.vmx", 2))
        .hasMessage("web.vmx: has 3 bytes; at most 2 are expected");
  }
}
